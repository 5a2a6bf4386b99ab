"use client";
import { Download } from "lucide-react";
import { useEffect } from "react";
import type { PositionRow } from "@/api/types";
import { GROUPS, SIDES, useView } from "@/prefs/use-view";
import { useFleet } from "@/queries/use-fleet";
import { useTrades } from "@/queries/use-trades";
import { botName } from "@/shape/bots";
import { count } from "@/shape/format-number";
import { rowKey, rowsOf } from "@/shape/merge";
import { sortPositions } from "@/shape/stake";
import { csvOf, filtered } from "@/shape/trade-filter";
import { closedColumns } from "./closed-columns";
import { DataTable } from "./data-table";
import { EmptyState } from "./empty-state";
import { ExportLinks } from "./export-links";
import { ExposureStrip, ExposureTotals } from "./exposure-strip";
import { openColumns } from "./open-columns";
import { Panel, SkeletonRows } from "./panel";
import { PickOne } from "./pick-one";
import { Segmented } from "./segmented";

/** Open positions are read up to so many: sums are of all of them. */
const MOST_OPEN = 1_000;

/** Positions that are open, and those that were closed. */
export function TradesPanel() {
  const [{ tab, coin, side, why, of }, setView] = useView();
  const { bots } = useFleet();
  const open = useAllOpen();
  const closed = useTrades("closed");
  const query = tab === "open" ? open : closed;
  const all = rowsOf(query.data);
  const rows = filtered(all, { coin, side, why, of });
  const total = bots.reduce(
    (sum, bot) => sum + (tab === "open" ? bot.stats.open_positions : bot.stats.closed_positions),
    0,
  );
  return (
    <Panel
      title="Positions"
      query={query}
      skeleton={<SkeletonRows rows={3} />}
      isEmpty={all.length === 0}
      empty={
        tab === "open" ? (
          <EmptyState kind="position" text="No position is open. The next entry appears here." />
        ) : (
          <p className="p-3 text-muted">No position has been closed yet.</p>
        )
      }
      actions={
        <>
          <Filters rows={all} />
          <Segmented
            label="Positions shown"
            value={tab}
            options={[
              {
                value: "open",
                text: (
                  <>
                    Open{" "}
                    <span className="num text-faint">
                      {open.data ? rowsOf(open.data).length : ""}
                    </span>
                  </>
                ),
              },
              { value: "closed", text: "Closed" },
            ]}
            onChange={(next) => setView({ tab: next })}
          />
        </>
      }
      partial={
        all.length > 0 && (
          <span className="flex flex-wrap items-center gap-3">
            showing {count(rows.length)} of {count(Math.max(total, all.length))}
            {query.hasNextPage && (
              <button
                type="button"
                className="target text-accent hover:underline"
                disabled={query.isFetchingNextPage}
                onClick={() => query.fetchNextPage()}
              >
                {query.isFetchingNextPage ? "Loading" : "Show more"}
              </button>
            )}
            <span className="ml-auto flex items-center gap-3">
              <ShownAsCsv rows={rows} />
              <ExportLinks what="trades" />
            </span>
          </span>
        )
      }
    >
      {tab === "open" ? <OpenTable rows={rows} /> : <ClosedTable rows={rows} />}
    </Panel>
  );
}

/** Every open position, page after page. */
function useAllOpen() {
  const query = useTrades("open");
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const n = rowsOf(query.data).length;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && n < MOST_OPEN) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, n]);
  return query;
}

type Rows = { rows: readonly PositionRow[] };

/** By coin, side, bot and, of the closed ones, by what ended them. */
function Filters({ rows }: Rows) {
  const [{ tab, coin, side, why, of, group }, setView] = useView();
  const { byId } = useFleet();
  const one = (values: readonly string[], any: string, chosen: string) => [
    { value: "", text: any },
    ...[...new Set([...values, ...(chosen ? [chosen] : [])])]
      .sort()
      .map((value) => ({ value, text: value })),
  ];
  const nameOf = (id: string) => botName(byId.get(id) ?? { id, name: null });
  const bots = one(
    rows.map((row) => row.bot_id),
    "every bot",
    of,
  ).map((option) => (option.value ? { ...option, text: nameOf(option.value) } : option));
  const coins = one(
    rows.map((row) => row.coin),
    "every coin",
    coin,
  );
  const reasons = one(
    rows.map((row) => row.reason ?? "unknown"),
    "any reason",
    why,
  );
  return (
    <>
      <PickOne
        label="Coin"
        value={coin}
        options={coins}
        onChange={(next) => setView({ coin: next })}
      />
      <PickOne
        label="Side"
        value={side}
        options={SIDES.map((value) => ({ value, text: value === "any" ? "both sides" : value }))}
        onChange={(next) => setView({ side: next as (typeof SIDES)[number] })}
      />
      <PickOne label="Bot" value={of} options={bots} onChange={(next) => setView({ of: next })} />
      {tab === "closed" ? (
        <PickOne
          label="Reason"
          value={why}
          options={reasons}
          onChange={(next) => setView({ why: next })}
        />
      ) : (
        <PickOne
          label="Totals"
          value={group}
          options={GROUPS.map((value) => ({
            value,
            text: value === "none" ? "no totals" : `totals by ${value}`,
          }))}
          onChange={(next) => setView({ group: next as (typeof GROUPS)[number] })}
        />
      )}
    </>
  );
}

/** The rows that are shown, as a file. */
function ShownAsCsv({ rows }: Rows) {
  const save = () => {
    const file = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = file;
    link.download = "positions.csv";
    link.click();
    URL.revokeObjectURL(file);
  };
  return (
    <button
      type="button"
      onClick={save}
      className="target inline-flex items-center gap-1 hover:text-text hover:underline"
    >
      <Download size={11} aria-hidden />
      these {count(rows.length)} as CSV
    </button>
  );
}

function OpenTable({ rows }: Rows) {
  const { byId, hues } = useFleet();
  const [{ by, group }, setView] = useView();
  const sorted = sortPositions(rows, by);
  const setSort = (next: typeof by) => setView({ by: next });
  const columns = openColumns(sorted, { byId, hues, sort: by, setSort });
  const nameOf = (row: PositionRow) =>
    group === "bot"
      ? botName(byId.get(row.bot_id) ?? { id: row.bot_id, name: row.bot_name })
      : group === "side"
        ? row.side
        : row.coin;
  return (
    <>
      <ExposureStrip rows={rows} byId={byId} />
      {group !== "none" && <ExposureTotals rows={rows} byId={byId} group={group} nameOf={nameOf} />}
      <DataTable label="Open positions" columns={columns} rows={sorted} rowKey={rowKey} />
    </>
  );
}

function ClosedTable({ rows }: Rows) {
  const { byId, hues } = useFleet();
  const columns = closedColumns(rows, byId, hues);
  return <DataTable label="Closed positions" columns={columns} rows={rows} rowKey={rowKey} />;
}
