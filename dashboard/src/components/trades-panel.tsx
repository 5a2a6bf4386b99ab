"use client";
import type { PositionRow } from "@/api/types";
import { useView } from "@/prefs/use-view";
import { useFleet } from "@/queries/use-fleet";
import { useTrades } from "@/queries/use-trades";
import { count } from "@/shape/format-number";
import { rowKey, rowsOf } from "@/shape/merge";
import { closedColumns } from "./closed-columns";
import { DataTable } from "./data-table";
import { EmptyState } from "./empty-state";
import { ExportLinks } from "./export-links";
import { openColumns } from "./open-columns";
import { Panel, SkeletonRows } from "./panel";
import { Segmented } from "./segmented";

/** Positions that are open, and those that were closed. */
export function TradesPanel() {
  const [{ tab }, setView] = useView();
  const { bots } = useFleet();
  const open = useTrades("open");
  const closed = useTrades("closed");
  const query = tab === "open" ? open : closed;
  const rows = rowsOf(query.data);
  const total = bots.reduce(
    (sum, bot) => sum + (tab === "open" ? bot.stats.open_positions : bot.stats.closed_positions),
    0,
  );
  return (
    <Panel
      title="Positions"
      query={query}
      skeleton={<SkeletonRows rows={3} />}
      isEmpty={rows.length === 0}
      empty={
        tab === "open" ? (
          <EmptyState kind="position" text="No position is open. The next entry appears here." />
        ) : (
          <p className="p-3 text-muted">No position has been closed yet.</p>
        )
      }
      actions={
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
      }
      partial={
        rows.length > 0 && (
          <span className="flex items-center gap-3">
            showing {count(rows.length)} of {count(Math.max(total, rows.length))}
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
            <span className="ml-auto">
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

type Rows = { rows: readonly PositionRow[] };

function OpenTable({ rows }: Rows) {
  const { byId, hues } = useFleet();
  const columns = openColumns(rows, byId, hues);
  return <DataTable label="Open positions" columns={columns} rows={rows} rowKey={rowKey} />;
}

function ClosedTable({ rows }: Rows) {
  const { byId, hues } = useFleet();
  const columns = closedColumns(rows, byId, hues);
  return <DataTable label="Closed positions" columns={columns} rows={rows} rowKey={rowKey} />;
}
