"use client";
import { count, percent } from "@/lib/view-models/format-number";
import { exactOf } from "@/lib/view-models/metrics";
import { DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Panel, SkeletonRows } from "@/ui/panel";
import { useBotColumns } from "./compare-columns";
import type { PartProps } from "./compare-settings";

/** What each bot made of each coin: net profit, share won, number of closed trades. */
export function CompareCoins({ ids, query, comparison }: PartProps) {
  const rows = comparison?.coins ?? [];
  const columns = useBotColumns<(typeof rows)[number]>(ids, {
    head: "coin",
    name: (row) => <span className="font-medium">{row.coin}</span>,
    cell: (row, id) => {
      const cell = row.cells.find((one) => one.bot_id === id);
      if (!cell || cell.trades === 0) return "—";
      return (
        <span className="inline-flex flex-wrap items-baseline justify-end gap-x-2">
          <Delta value={exactOf(cell.net_pnl)} as="usd" />
          <span className="text-faint" title="Share won, and the number of closed trades">
            {percent(exactOf(cell.win_rate), { signed: false, places: 0 })} ({count(cell.trades)})
          </span>
        </span>
      );
    },
  });
  return (
    <Panel
      title="By coin"
      query={query}
      className="border-t"
      skeleton={<SkeletonRows rows={3} />}
      isEmpty={rows.length === 0}
      empty={<p className="p-3 text-muted">None of them has closed a trade in this range.</p>}
    >
      <DataTable label="By coin" columns={columns} rows={rows} rowKey={(row) => row.coin} />
    </Panel>
  );
}
