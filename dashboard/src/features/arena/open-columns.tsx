import Link from "next/link";
import type { BotRow, PositionRow } from "@/api/types";
import { alignDecimals } from "@/lib/view-models/align";
import { decimal, percent, price, UNKNOWN, usd } from "@/lib/view-models/format-number";
import { type PositionSort, protectionOf, stakeOf } from "@/lib/view-models/stake";
import type { Column } from "@/ui/data-table";
import { Delta, Flash } from "@/ui/delta";
import { Moment } from "@/ui/moment";
import { Stake, WhoAndWhat } from "@/ui/position-cells";
import { ProtectionMark } from "@/ui/protection-mark";

type Shown = {
  byId: ReadonlyMap<string, BotRow>;
  hues: Record<string, number>;
  sort: PositionSort;
  setSort: (sort: PositionSort) => void;
};

const TONES = { ok: "text-muted", warn: "text-warn", bad: "text-loss" } as const;

/** The columns of open positions, the most wanted first; prices line up where all are alike. */
export function openColumns(rows: readonly PositionRow[], shown: Shown): Column<PositionRow>[] {
  const entries = alignDecimals(rows.map((row) => price(row.entry_price)));
  const marks = alignDecimals(rows.map((row) => price(row.mark)));
  const { byId, hues, sort, setSort } = shown;
  const sortable = (by: PositionSort) => ({ sorted: sort === by, onSort: () => setSort(by) });
  return [
    {
      key: "what",
      head: "position",
      cell: (row) => <WhoAndWhat row={row} byId={byId} hues={hues} />,
    },
    {
      key: "unrealized",
      head: "unrealized",
      number: true,
      ...sortable("unrealized"),
      cell: (row) => <Delta value={row.unrealized_pnl} as="usd" />,
    },
    {
      key: "protection",
      head: "protection",
      title: "How stops at the venue cover it, by the bot's own word; then what its stop is",
      cell: (row) => (
        <span className="inline-flex flex-col py-1 leading-4">
          <ProtectionMark row={row} bot={byId.get(row.bot_id)} />
          <StopWord row={row} />
        </span>
      ),
    },
    {
      key: "notional",
      head: "notional",
      title: "Size times mark",
      number: true,
      from: "md",
      ...sortable("notional"),
      cell: (row) => usd(stakeOf(row).notional),
    },
    {
      key: "stop",
      head: "to stop",
      title: "From the mark to the stop; the stop itself on hover",
      number: true,
      from: "lg",
      ...sortable("stop"),
      cell: (row) => <Level away={stakeOf(row).toStop} at={row.stop_loss} name="stop" />,
    },
    {
      key: "liquidation",
      head: "to liq.",
      title: "From the mark to the liquidation price; the price itself on hover",
      number: true,
      from: "lg",
      ...sortable("liquidation"),
      cell: (row) => (
        <Level away={stakeOf(row).toLiquidation} at={row.liquidation_price} name="liquidation" />
      ),
    },
    {
      key: "roe",
      head: "ROE",
      title: "Unrealized over the margin",
      number: true,
      from: "lg",
      ...sortable("roe"),
      cell: (row) => <Delta value={stakeOf(row).roe} as="percent" />,
    },
    {
      key: "pnl",
      head: "P&L %",
      title: "Unrealized over the notional at entry",
      number: true,
      from: "xl",
      ...sortable("pnl"),
      cell: (row) => <Delta value={stakeOf(row).pnl} as="percent" />,
    },
    {
      key: "r",
      head: "R",
      title: "Unrealized over what is lost at the stop",
      number: true,
      from: "xl",
      ...sortable("r"),
      cell: (row) => decimal(stakeOf(row).r, 2, { signed: true }),
    },
    {
      key: "margin",
      head: "margin",
      title: "Margin and leverage",
      number: true,
      from: "wide",
      ...sortable("margin"),
      cell: (row) => <Stake row={row} />,
    },
    {
      key: "entry",
      head: "entry",
      number: true,
      from: "wide",
      cell: (_, index) => entries[index],
    },
    {
      key: "mark",
      head: "mark",
      number: true,
      from: "wide",
      cell: (_, index) => <Flash text={marks[index] ?? UNKNOWN} />,
    },
    {
      key: "since",
      head: "opened",
      number: true,
      from: "2xl",
      ...sortable("opened"),
      cell: (row) => <Opened row={row} />,
    },
  ];
}

/** What its known stop is worth, as this page sees it. */
function StopWord({ row }: { row: PositionRow }) {
  const { word, says, level } = protectionOf(row);
  return (
    <span className={`whitespace-nowrap text-sm ${TONES[level]}`} title={says}>
      {word}
    </span>
  );
}

type LevelProps = { away: string | null; at: string | null | undefined; name: string };

/** How far a level is from the mark; the level itself in its title. */
function Level({ away, at, name }: LevelProps) {
  return <span title={at ? `${name} at ${price(at)}` : undefined}>{percent(away)}</span>;
}

function Opened({ row }: { row: PositionRow }) {
  if (!row.entry_decision_id) return <Moment at={row.entry_time} className="text-muted" />;
  return (
    <Link
      prefetch={false}
      href={`/llm-bot/decision?id=${encodeURIComponent(row.entry_decision_id)}`}
      className="target inline-flex items-center justify-end text-muted hover:text-accent hover:underline"
    >
      <Moment at={row.entry_time} />
    </Link>
  );
}
