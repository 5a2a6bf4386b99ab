"use client";
import type { BotRow } from "@/api/types";
import { useView } from "@/prefs/use-view";
import { useFleet } from "@/queries/use-fleet";
import { botReturn, modesOf } from "@/shape/bots";
import { cost, count, percent, share, usd } from "@/shape/format-number";
import { type Sort, sortBots } from "@/shape/sort";
import { Age } from "./age";
import { BotCards } from "./bot-cards";
import { BotPulse } from "./bot-pulse";
import { BotTag } from "./bot-tag";
import { type Column, DataTable } from "./data-table";
import { Delta, Flash } from "./delta";
import { EmptyState } from "./empty-state";
import { ModeMark } from "./mode-badge";
import { Panel, SkeletonRows } from "./panel";

/** Who leads, and how each bot is. */
export function Leaderboard() {
  const { query, bots, hues } = useFleet();
  const [{ sort }, setView] = useView();
  const rows = sortBots(bots, sort);
  const mixed = modesOf(bots).length > 1;
  const columns = columnsOf(hues, mixed, sort, (next) => setView({ sort: next }));
  return (
    <Panel
      title="Bots"
      query={query}
      skeleton={<SkeletonRows rows={4} />}
      isEmpty={bots.length === 0}
      empty={
        <EmptyState
          kind="status"
          text="No bot has reported yet. Its first heartbeat puts it here."
        />
      }
    >
      <div className="max-md:hidden">
        <DataTable label="Bots" columns={columns} rows={rows} rowKey={(bot) => bot.id} />
      </div>
      <BotCards bots={rows} hues={hues} mixed={mixed} />
    </Panel>
  );
}

function columnsOf(
  hues: Record<string, number>,
  mixed: boolean,
  sort: Sort,
  setSort: (sort: Sort) => void,
): Column<BotRow>[] {
  const sortable = (by: Sort) => ({ sorted: sort === by, onSort: () => setSort(by) });
  return [
    {
      key: "bot",
      head: "bot",
      ...sortable("name"),
      cell: (bot) => (
        <div className="flex min-w-0 items-center gap-2">
          <BotTag bot={bot} hue={hues[bot.id]} />
          {mixed && <ModeMark mode={bot.mode} />}
          {bot.decider && bot.decider !== bot.name && (
            <span className="label max-w-40 truncate max-xl:hidden" title={bot.decider}>
              {bot.decider}
            </span>
          )}
        </div>
      ),
    },
    { key: "status", head: "status", cell: (bot) => <BotPulse bot={bot} /> },
    {
      key: "equity",
      head: "equity",
      number: true,
      ...sortable("equity"),
      cell: (bot) => <Flash text={usd(bot.account?.equity_usd)} />,
    },
    {
      key: "return",
      head: "return",
      number: true,
      ...sortable("return"),
      cell: (bot) => <Delta value={botReturn(bot)} as="percent" />,
    },
    {
      key: "drawdown",
      head: "max dd",
      title: "Deepest fall of the equity below its peak",
      number: true,
      ...sortable("drawdown"),
      cell: (bot) => percent(bot.stats.max_drawdown),
    },
    {
      key: "unrealized",
      head: "unrealized",
      number: true,
      from: "lg",
      cell: (bot) => <Delta value={bot.account?.unrealized_pnl} as="usd" />,
    },
    {
      key: "wins",
      head: "win (n)",
      title: "Closed trades with a profit, of how many",
      number: true,
      from: "lg",
      ...sortable("trades"),
      cell: ({ stats }) => (
        <>
          {share(stats.wins, stats.closed_positions)}{" "}
          <span className="text-faint">({count(stats.closed_positions)})</span>
        </>
      ),
    },
    {
      key: "fees",
      head: "fees",
      number: true,
      from: "xl",
      ...sortable("fees"),
      cell: (bot) => usd(bot.stats.fees_usd),
    },
    {
      key: "cost",
      head: "model",
      title: "What the model's calls have cost",
      number: true,
      from: "xl",
      ...sortable("cost"),
      cell: (bot) => cost(bot.stats.model_cost_usd),
    },
    {
      key: "last",
      head: "last decision",
      number: true,
      cell: (bot) => <Age at={bot.last_decision_at} className="text-muted" />,
    },
  ];
}
