import Link from "next/link";
import type { BotRow, PositionRow } from "@/api/types";
import { alignDecimals } from "@/lib/view-models/align";
import { duration, price, usd } from "@/lib/view-models/format-number";
import type { ClosedSort } from "@/lib/view-models/stake";
import type { Column } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Moment } from "@/ui/moment";
import { Stake, WhoAndWhat } from "@/ui/position-cells";

/** The columns of closed positions: what came of each, and what it cost. */
export function closedColumns(
  rows: readonly PositionRow[],
  byId: ReadonlyMap<string, BotRow>,
  hues: Record<string, number>,
  sort: ClosedSort,
  setSort: (sort: ClosedSort) => void,
): Column<PositionRow>[] {
  const entries = alignDecimals(rows.map((row) => price(row.entry_price)));
  const exits = alignDecimals(rows.map((row) => price(row.exit_price)));
  return [
    {
      key: "what",
      head: "position",
      cell: (row) => <WhoAndWhat row={row} byId={byId} hues={hues} />,
    },
    {
      key: "margin",
      head: "margin",
      title: "Margin and leverage: notional is their product",
      number: true,
      from: "md",
      cell: (row) => <Stake row={row} />,
    },
    { key: "entry", head: "entry", number: true, from: "xl", cell: (_, index) => entries[index] },
    { key: "exit", head: "exit", number: true, from: "lg", cell: (_, index) => exits[index] },
    {
      key: "net",
      head: "net",
      title: "Gross less fees and funding; what lost most first, then what won most",
      number: true,
      sorted: sort !== "closed",
      ascending: sort === "lost",
      onSort: () => setSort(sort === "lost" ? "won" : "lost"),
      cell: (row) => <Delta value={row.realized_pnl} as="usd" />,
    },
    { key: "fees", head: "fees", number: true, from: "lg", cell: (row) => usd(row.fees_usd) },
    {
      key: "funding",
      head: "funding",
      number: true,
      from: "xl",
      cell: (row) => usd(row.funding_usd),
    },
    { key: "held", head: "held", number: true, from: "lg", cell: (row) => duration(heldFor(row)) },
    {
      key: "reason",
      head: "why",
      from: "lg",
      cell: (row) => <span className="text-muted text-sm">{row.reason ?? "—"}</span>,
    },
    {
      key: "closed",
      head: "closed",
      number: true,
      from: "md",
      sorted: sort === "closed",
      onSort: () => setSort("closed"),
      cell: (row) =>
        row.exit_decision_id ? (
          <Link
            prefetch={false}
            href={`/llm-bot/decision?id=${encodeURIComponent(row.exit_decision_id)}`}
            className="target inline-flex items-center justify-end text-muted hover:text-accent hover:underline"
          >
            <Moment at={row.exit_time} />
          </Link>
        ) : (
          <Moment at={row.exit_time} className="text-muted" />
        ),
    },
  ];
}

function heldFor(row: PositionRow): number | null {
  return row.exit_time ? Date.parse(row.exit_time) - Date.parse(row.entry_time) : null;
}
