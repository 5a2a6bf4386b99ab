import Link from "next/link";
import type { BotRow, PositionRow } from "@/api/types";
import { alignDecimals } from "@/shape/align";
import { isStopIdle } from "@/shape/exits";
import { price } from "@/shape/format-number";
import type { Column } from "./data-table";
import { Delta, Flash } from "./delta";
import { IdleStop } from "./idle-stop";
import { Moment } from "./moment";
import { Stake, WhoAndWhat } from "./position-cells";

/** The columns of open positions; prices line up at their decimal points. */
export function openColumns(
  rows: readonly PositionRow[],
  byId: ReadonlyMap<string, BotRow>,
  hues: Record<string, number>,
): Column<PositionRow>[] {
  const entries = alignDecimals(rows.map((row) => price(row.entry_price)));
  const marks = alignDecimals(rows.map((row) => price(row.mark)));
  const stops = alignDecimals(rows.map((row) => price(row.stop_loss)));
  const targets = alignDecimals(rows.map((row) => price(row.profit_target)));
  const liquidations = alignDecimals(rows.map((row) => price(row.liquidation_price)));
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
    { key: "entry", head: "entry", number: true, cell: (_, index) => entries[index] },
    {
      key: "mark",
      head: "mark",
      number: true,
      from: "md",
      cell: (_, index) => <Flash text={marks[index] ?? "—"} />,
    },
    {
      key: "pnl",
      head: "unrealized",
      number: true,
      cell: (row) => <Delta value={row.unrealized_pnl} as="usd" />,
    },
    {
      key: "stop",
      head: "stop",
      number: true,
      from: "lg",
      cell: (row, index) =>
        isStopIdle(row) ? <IdleStop text={stops[index] ?? "—"} /> : stops[index],
    },
    { key: "target", head: "target", number: true, from: "lg", cell: (_, index) => targets[index] },
    {
      key: "liquidation",
      head: "liquidation",
      number: true,
      from: "xl",
      cell: (_, index) => liquidations[index],
    },
    {
      key: "since",
      head: "opened",
      number: true,
      from: "md",
      cell: (row) =>
        row.entry_decision_id ? (
          <Link
            prefetch={false}
            href={`/llm-bot/decision?id=${encodeURIComponent(row.entry_decision_id)}`}
            className="target inline-flex items-center justify-end text-muted hover:text-accent hover:underline"
          >
            <Moment at={row.entry_time} />
          </Link>
        ) : (
          <Moment at={row.entry_time} className="text-muted" />
        ),
    },
  ];
}
