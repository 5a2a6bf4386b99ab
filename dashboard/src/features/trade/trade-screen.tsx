"use client";
import { useQueryClient } from "@tanstack/react-query";
import { parseAsString, useQueryStates } from "nuqs";
import { useEffect } from "react";
import { keys } from "@/api/queries/keys";
import { useTrade } from "@/api/queries/use-trade";
import { useTrades } from "@/api/queries/use-trades";
import type { PositionRow, TradeDetail } from "@/api/types";
import { rowsOf } from "@/lib/view-models/merge";
import { EmptyState } from "@/ui/empty-state";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Shell } from "@/ui/shell/shell";
import { TradeChart } from "./trade-chart";
import { TradeDecision } from "./trade-decision";
import { TradeFills, TradeFunding } from "./trade-fills";
import { TradeHead } from "./trade-head";
import { TradeIdentity } from "./trade-identity";

/** One trade from its entry to its exit, and what it made, to the last digit. */
export function TradeScreen() {
  const [{ id, bot }] = useQueryStates({ id: parseAsString, bot: parseAsString });
  const query = useTrade(bot, id);
  return (
    <Shell>
      {id && bot && query.data ? (
        <Loaded detail={query.data} query={query} />
      ) : id && bot ? (
        <>
          <h1 className="sr-only">Trade</h1>
          <Panel title="Trade" query={query} skeleton={<SkeletonRows rows={12} />}>
            {null}
          </Panel>
        </>
      ) : (
        <div className="bg-surface">
          <h1 className="border-b px-3 py-2 font-semibold text-lg">Trade</h1>
          <EmptyState
            kind="position"
            text={
              id
                ? "This address names a trade, but not its bot: add &bot= and the bot's id, or open the trade from the Arena."
                : "This address names no trade. Open one from the Arena or a bot: its address ends in ?id=…&bot=…."
            }
          />
        </div>
      )}
    </Shell>
  );
}

type LoadedProps = { detail: TradeDetail; query: ReturnType<typeof useTrade> };

function Loaded({ detail, query }: LoadedProps) {
  const row = useFresh(detail);
  const closed = row.status === "closed";
  return (
    <article className="bg-surface">
      <TradeHead row={row} />
      <div className="lg:grid lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 lg:border-r">
          <TradeChart row={row} />
          <Panel title="What it made" className="border-t" query={query} skeleton={null}>
            <TradeIdentity detail={{ ...detail, position: row }} />
          </Panel>
          <Panel
            title="Fills"
            className="border-t"
            query={query}
            skeleton={null}
            isEmpty={detail.fills.length === 0}
            empty={<p className="p-3 text-muted">The bot recorded no fills of this trade.</p>}
          >
            <TradeFills detail={detail} />
          </Panel>
          {detail.funding.length > 0 && (
            <Panel title="Funding" className="border-t" query={query} skeleton={null}>
              <TradeFunding funding={detail.funding} />
            </Panel>
          )}
        </div>
        <aside aria-label="Decisions of this trade" className="max-lg:border-t">
          <TradeDecision
            end="entry"
            id={row.entry_decision_id}
            without="No decision is linked to the entry."
          />
          <TradeDecision
            end="exit"
            id={row.exit_decision_id}
            without={
              closed
                ? `No decision closed it: it ended by ${row.reason ?? "an unknown cause"}.`
                : "It is still open."
            }
          />
        </aside>
      </div>
    </article>
  );
}

/** The trade as the stream last told it; once it closes or its size changes, its sums are read again. */
function useFresh(detail: TradeDetail): PositionRow {
  const { position } = detail;
  const client = useQueryClient();
  const open = useTrades("open", position.bot_id);
  const closed = useTrades("closed", position.bot_id);
  const same = (row: PositionRow) => row.id === position.id && row.bot_id === position.bot_id;
  const live = rowsOf(open.data).find(same) ?? rowsOf(closed.data).find(same) ?? position;
  const changed = live.status !== position.status || live.size !== position.size;
  useEffect(() => {
    if (changed)
      void client.invalidateQueries({ queryKey: keys.trade(position.bot_id, position.id) });
  }, [changed, client, position.bot_id, position.id]);
  return live.status === "open" ? live : position.status === "closed" ? position : live;
}
