"use client";
import { Download } from "lucide-react";
import { useEffect } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { useTrades } from "@/api/queries/use-trades";
import type { PositionRow } from "@/api/types";
import { GROUPS, SIDES, useView } from "@/lib/prefs/use-view";
import { botName } from "@/lib/view-models/bots";
import { count } from "@/lib/view-models/format-number";
import { rowKey, rowsOf } from "@/lib/view-models/merge";
import { sortClosed, sortPositions } from "@/lib/view-models/stake";
import { allTags } from "@/lib/view-models/tags";
import { csvOf, filtered } from "@/lib/view-models/trade-filter";
import { DataTable } from "@/ui/data-table";
import { EmptyState } from "@/ui/empty-state";
import { ExportLinks } from "@/ui/export-links";
import { Panel, SkeletonRows } from "@/ui/panel";
import { PickOne } from "@/ui/pick-one";
import { Segmented } from "@/ui/segmented";
import { ShowMore } from "@/ui/show-more";
import { closedColumns } from "./closed-columns";
import { ExposureStrip, ExposureTotals } from "./exposure-strip";
import { openColumns } from "./open-columns";

/** Positions are read up to so many where sums or an order are of all of them. */
const MOST_READ = 1_000;

/** Positions that are open, and those that were closed. */
export function TradesPanel() {
  const [{ tab, coin, side, why, of, ended, tags }, setView] = useView();
  const { bots, byId } = useFleet();
  const open = useAll("open", true);
  const closed = useAll("closed", ended !== "closed");
  const query = tab === "open" ? open : closed;
  const all = rowsOf(query.data);
  const rows = filtered(all, { coin, side, why, of, tags }, byId);
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
            <ShowMore query={query} />
            <span className="ml-auto flex items-center gap-3">
              <ShownAsCsv rows={rows} />
              <ExportLinks what="trades" bot={of || null} tags={tags} />
            </span>
          </span>
        )
      }
    >
      {tab === "open" ? <OpenTable rows={rows} /> : <ClosedTable rows={rows} />}
    </Panel>
  );
}

/** Positions, page after page; only the first, while not all are wanted. */
function useAll(status: "open" | "closed", wanted: boolean) {
  const query = useTrades(status);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const n = rowsOf(query.data).length;
  useEffect(() => {
    if (wanted && hasNextPage && !isFetchingNextPage && n < MOST_READ) void fetchNextPage();
  }, [wanted, hasNextPage, isFetchingNextPage, fetchNextPage, n]);
  return query;
}

type Rows = { rows: readonly PositionRow[] };

/** By coin, side, bot and, of the closed ones, by what ended them. */
function Filters({ rows }: Rows) {
  const [{ tab, coin, side, why, of, group, tags }, setView] = useView();
  const { bots: all, byId } = useFleet();
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
  const known = allTags(all).map(({ tag }) => tag);
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
      {(known.length > 0 || tags.length > 0) && (
        <PickOne
          label="Tag"
          value={tags.join(",")}
          options={one(known, "any tag", tags.join(","))}
          onChange={(next) => setView({ tags: next === "" ? [] : next.split(",") })}
        />
      )}
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
  const { byId } = useFleet();
  const save = () => {
    const file = URL.createObjectURL(new Blob([csvOf(rows, byId)], { type: "text/csv" }));
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
  const [{ ended }, setView] = useView();
  const sorted = sortClosed(rows, ended);
  const columns = closedColumns(sorted, byId, hues, ended, (next) => setView({ ended: next }));
  return <DataTable label="Closed positions" columns={columns} rows={sorted} rowKey={rowKey} />;
}
