"use client";
import Link from "next/link";
import { useTrades } from "@/api/queries/use-trades";
import type { BotRow, PositionRow } from "@/api/types";
import { count, duration, price } from "@/lib/view-models/format-number";
import { rowKey, rowsOf } from "@/lib/view-models/merge";
import { tradeHref } from "@/lib/view-models/screens";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Moment } from "@/ui/moment";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Side } from "@/ui/position-cells";
import { ShowMore } from "@/ui/show-more";

/** What the bot closed, newest first. */
export function BotTrades({ bot }: { bot: BotRow }) {
  const query = useTrades("closed", bot.id);
  const rows = rowsOf(query.data);
  const total = Math.max(bot.stats.closed_positions, rows.length);
  return (
    <Panel
      title="Closed trades"
      query={query}
      skeleton={<SkeletonRows rows={6} height={44} />}
      isEmpty={rows.length === 0}
      empty={<p className="p-3 text-muted">No position has been closed yet.</p>}
      partial={
        rows.length > 0 && (
          <span className="flex items-center gap-3">
            showing {count(rows.length)} of {count(total)}
            <ShowMore query={query} />
          </span>
        )
      }
    >
      <DataTable label="Closed trades" columns={COLUMNS} rows={rows} rowKey={rowKey} />
    </Panel>
  );
}

const COLUMNS: readonly Column<PositionRow>[] = [
  {
    key: "what",
    head: "trade",
    cell: (row) => (
      <Link
        prefetch={false}
        href={tradeHref(row)}
        className="flex flex-col py-1 leading-4 underline-offset-2 hover:text-accent hover:underline"
      >
        <span className="flex items-center gap-2">
          <span className="font-medium">{row.coin}</span>
          <Side side={row.side} />
        </span>
        <span className="text-faint text-sm">{row.reason ?? "—"}</span>
      </Link>
    ),
  },
  {
    key: "prices",
    head: "entry, exit",
    number: true,
    cell: (row) => (
      <span className="inline-flex flex-col leading-4">
        <span className="text-muted">{price(row.entry_price)}</span>
        <span>{price(row.exit_price)}</span>
      </span>
    ),
  },
  {
    key: "net",
    head: "net",
    title: "Gross less fees and funding",
    number: true,
    cell: (row) => <Delta value={row.realized_pnl} as="usd" />,
  },
  {
    key: "closed",
    head: "closed",
    title: "When it was closed, and how long it was held",
    number: true,
    cell: (row) => (
      <span className="inline-flex flex-col items-end leading-4">
        <Moment at={row.exit_time} className="text-muted" />
        <span className="text-faint">{duration(heldFor(row))}</span>
      </span>
    ),
  },
];

function heldFor(row: PositionRow): number | null {
  return row.exit_time ? Date.parse(row.exit_time) - Date.parse(row.entry_time) : null;
}
