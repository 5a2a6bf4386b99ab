"use client";
import Link from "next/link";
import { memo } from "react";
import { useTrades } from "@/api/queries/use-trades";
import type { BotRow, PositionRow } from "@/api/types";
import { alignDecimals } from "@/lib/view-models/align";
import { courseOf, type Exit, exitsOf, isStopIdle } from "@/lib/view-models/exits";
import { percent, price } from "@/lib/view-models/format-number";
import { rowKey, rowsOf } from "@/lib/view-models/merge";
import { tradeHref } from "@/lib/view-models/screens";
import { Age } from "@/ui/age";
import { PositionControl } from "@/ui/control/position-control";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta, Flash } from "@/ui/delta";
import { IdleStop } from "@/ui/idle-stop";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Side, Stake } from "@/ui/position-cells";
import { ProtectionMark } from "@/ui/protection-mark";

/** What the bot holds: at which mark, and how far from where it would end by itself. */
export const BotPositions = memo(function BotPositions({ bot }: { bot: BotRow }) {
  const query = useTrades("open", bot.id);
  const rows = rowsOf(query.data);
  return (
    <Panel
      title="Open positions"
      className="border-t"
      query={query}
      skeleton={<SkeletonRows rows={3} height={44} />}
      isEmpty={rows.length === 0}
      empty={<p className="p-3 text-muted">Nothing is open. The next entry appears here.</p>}
    >
      <DataTable
        label="Open positions"
        columns={columnsOf(rows, bot)}
        rows={rows}
        rowKey={rowKey}
      />
    </Panel>
  );
});

function columnsOf(rows: readonly PositionRow[], bot: BotRow): Column<PositionRow>[] {
  const entries = alignDecimals(rows.map((row) => price(row.entry_price)));
  const marks = alignDecimals(rows.map((row) => price(row.mark)));
  return [
    {
      key: "what",
      head: "position",
      cell: (row) => (
        <Link
          prefetch={false}
          href={tradeHref(row)}
          className="target inline-flex items-center gap-2 underline-offset-2 hover:text-accent hover:underline"
        >
          <span className="font-medium">{row.coin}</span>
          <Side side={row.side} />
        </Link>
      ),
    },
    {
      key: "protection",
      head: "protection",
      title: "How stops at the venue cover it, by the bot's own word",
      cell: (row) => <ProtectionMark row={row} bot={bot} />,
    },
    {
      key: "margin",
      head: "margin",
      title: "Margin and leverage: notional is their product",
      number: true,
      from: "xl",
      cell: (row) => <Stake row={row} />,
    },
    { key: "entry", head: "entry", number: true, from: "md", cell: (_, index) => entries[index] },
    {
      key: "mark",
      head: "mark",
      title: "The last known price, and how old it is",
      number: true,
      cell: (row, index) => (
        <span className="inline-flex flex-col items-end py-1 leading-4">
          <Flash text={marks[index] ?? "—"} />
          {row.mark_time && <Age at={row.mark_time} className="text-faint" />}
        </span>
      ),
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
      from: "sm",
      cell: (row) => (isStopIdle(row) ? <IdleStop text={price(row.stop_loss)} /> : exitAt(row, 0)),
    },
    {
      key: "course",
      head: "stop–target",
      title: "From the stop at the left to the target at the right: the entry, and the mark now",
      from: "lg",
      cell: (row) => <Course row={row} />,
    },
    { key: "target", head: "target", number: true, from: "sm", cell: (row) => exitAt(row, 1) },
    {
      key: "liquidation",
      head: "liquidation",
      number: true,
      cell: (row) => exitAt(row, 2),
    },
    { key: "control", head: "", cell: (row) => <PositionControl row={row} /> },
  ];
}

function exitAt(row: PositionRow, which: 0 | 1 | 2) {
  const exit = exitsOf(row)[which];
  return exit ? <ExitCell exit={exit} /> : "—";
}

/** The price, and how far the mark is from it. */
function ExitCell({ exit }: { exit: Exit }) {
  if (exit.price === null) return <span title={`No ${exit.name} is known`}>—</span>;
  return (
    <span className="inline-flex flex-col items-end py-1 leading-4">
      <span>{price(exit.price)}</span>
      <span className={exit.reached ? "font-semibold text-warn" : "text-faint"}>
        {exit.reached ? "reached" : percent(exit.away)}
      </span>
    </span>
  );
}

/** From the stop at the left to the target at the right: where it was entered, where it stands. */
function Course({ row }: { row: PositionRow }) {
  const course = courseOf(row);
  if (!course) return null;
  const { entry, mark } = course;
  const ahead = mark !== null && mark >= entry;
  return (
    <svg aria-hidden="true" viewBox="0 0 100 12" className="block h-3 w-24" role="presentation">
      <path d="M0 6H100" stroke="var(--line-strong)" strokeWidth="1" />
      {mark !== null && (
        <path
          d={`M${entry * 100} 6H${mark * 100}`}
          stroke={ahead ? "var(--gain)" : "var(--loss)"}
          strokeWidth="3"
        />
      )}
      <path d={`M${entry * 100} 1V11`} stroke="var(--text)" strokeWidth="1.5" />
      {mark !== null && (
        <circle cx={mark * 100} cy="6" r="3.5" fill={ahead ? "var(--gain)" : "var(--loss)"} />
      )}
    </svg>
  );
}
