import type { PositionRow } from "@/api/types";
import {
  add,
  compare,
  type Decimal,
  divide,
  multiply,
  negate,
  parseDecimal,
  subtract,
  toText,
} from "./decimal";
import { exitsOf, isStopIdle } from "./exits";

/** What a position stands for, in USD and as fractions; null where something is unknown. */
export type Stake = {
  /** Size × mark; without a mark, size × entry; without a size, margin × leverage. */
  notional: string | null;
  /** Profit or loss over the notional at entry. */
  pnl: string | null;
  /** Profit or loss over the margin. */
  roe: string | null;
  /** Profit or loss over what is lost at the stop; null where the stop lies beyond the entry. */
  r: string | null;
  /** From the mark to the stop and to the liquidation, as fractions of the mark. */
  toStop: string | null;
  toLiquidation: string | null;
};

export function stakeOf(row: PositionRow): Stake {
  const entry = parseDecimal(row.entry_price);
  const size = sizeOf(row, entry);
  const result = parseDecimal(row.unrealized_pnl ?? row.realized_pnl);
  const [stop, , liquidation] = exitsOf(row);
  return {
    notional: text(size && times(size, parseDecimal(row.mark) ?? entry)),
    pnl: text(result && size && over(result, times(size, entry))),
    roe: text(result && over(result, parseDecimal(row.quantity_usd))),
    r: text(result && over(result, riskOf(row, size, entry))),
    toStop: stop?.away ?? null,
    toLiquidation: liquidation?.away ?? null,
  };
}

/** Coins held, without a sign. */
function sizeOf(row: PositionRow, entry: Decimal | null): Decimal | null {
  const size = parseDecimal(row.size);
  if (size) return absolute(size);
  const [margin, factor] = [parseDecimal(row.quantity_usd), parseDecimal(row.leverage)];
  return margin && factor && entry ? divide(multiply(margin, factor), entry, 24) : null;
}

function riskOf(row: PositionRow, size: Decimal | null, entry: Decimal | null): Decimal | null {
  const stop = parseDecimal(row.stop_loss);
  if (!stop || !entry || !size) return null;
  const away = row.side === "long" ? subtract(entry, stop) : subtract(stop, entry);
  return away.units > 0n ? multiply(away, size) : null;
}

function times(size: Decimal, price: Decimal | null): Decimal | null {
  return price && multiply(size, price);
}

function over(part: Decimal, whole: Decimal | null): Decimal | null {
  return whole && whole.units > 0n ? divide(part, whole) : null;
}

function absolute(value: Decimal): Decimal {
  return value.units < 0n ? negate(value) : value;
}

function text(value: Decimal | null): string | null {
  return value && toText(value);
}

export type Protection = { word: string; says: string; level: "ok" | "warn" | "bad" };

/** Whether something ends the position before the liquidation does. */
export function protectionOf(row: PositionRow): Protection {
  const [stop] = exitsOf(row);
  if (!stop || stop.price === null) {
    return { word: "no stop", says: "No stop is known: nothing limits the loss", level: "bad" };
  }
  if (isStopIdle(row)) {
    return {
      word: "stop idle",
      says: "The stop lies beyond the liquidation price: it cannot act",
      level: "bad",
    };
  }
  if (stop.reached) {
    return { word: "stop reached", says: "The mark is at the stop or beyond it", level: "warn" };
  }
  return { word: "stop", says: "The stop lies before the liquidation price", level: "ok" };
}

export type Exposure = {
  key: string;
  long: string;
  short: string;
  net: string;
  margin: string;
  unrealized: string;
  positions: number;
  unprotected: number;
  /** Positions whose notional is unknown: they are not in the sums. */
  unknown: number;
};

/** Sums of positions that have something in common: a coin, a side or a bot; largest net first. */
export function exposures(
  rows: readonly PositionRow[],
  keyOf: (row: PositionRow) => string,
): Exposure[] {
  const groups = new Map<string, PositionRow[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups]
    .map(([key, members]) => exposureOf(key, members))
    .sort((a, b) => compare(size(b.net), size(a.net)) || (a.key < b.key ? -1 : 1));
}

const ZERO: Decimal = { units: 0n, scale: 0 };

function exposureOf(key: string, rows: readonly PositionRow[]): Exposure {
  let [long, short, margin, unrealized] = [ZERO, ZERO, ZERO, ZERO];
  let unknown = 0;
  for (const row of rows) {
    const notional = parseDecimal(stakeOf(row).notional);
    if (!notional) unknown += 1;
    else if (row.side === "long") long = add(long, notional);
    else short = add(short, notional);
    margin = add(margin, parseDecimal(row.quantity_usd) ?? ZERO);
    unrealized = add(unrealized, parseDecimal(row.unrealized_pnl) ?? ZERO);
  }
  return {
    key,
    long: toText(long),
    short: toText(short),
    net: toText(subtract(long, short)),
    margin: toText(margin),
    unrealized: toText(unrealized),
    positions: rows.length,
    unprotected: rows.filter((row) => protectionOf(row).level === "bad").length,
    unknown,
  };
}

function size(value: string): Decimal {
  return absolute(parseDecimal(value) ?? ZERO);
}

export const POSITION_SORTS = [
  "opened",
  "notional",
  "margin",
  "unrealized",
  "pnl",
  "roe",
  "r",
  "stop",
  "liquidation",
] as const;
export type PositionSort = (typeof POSITION_SORTS)[number];

export const CLOSED_SORTS = ["closed", "lost", "won"] as const;
export type ClosedSort = (typeof CLOSED_SORTS)[number];

/** As they were closed, or by the net result: what lost most first, or what won most. */
export function sortClosed(rows: readonly PositionRow[], by: ClosedSort): PositionRow[] {
  if (by === "closed") return [...rows];
  const way = by === "lost" ? 1 : -1;
  const keyed = rows.map((row) => ({ row, net: parseDecimal(row.realized_pnl) }));
  keyed.sort((a, b) => (a.net && b.net ? way * compare(a.net, b.net) : a.net ? -1 : b.net ? 1 : 0));
  return keyed.map((one) => one.row);
}

/** Largest first, distances nearest first, the unknown last. */
export function sortPositions(rows: readonly PositionRow[], by: PositionSort): PositionRow[] {
  if (by === "opened") return [...rows];
  const figureOf = (row: PositionRow): Decimal | null => {
    const stake = stakeOf(row);
    if (by === "margin") return parseDecimal(row.quantity_usd);
    if (by === "unrealized") return parseDecimal(row.unrealized_pnl);
    const near = by === "stop" ? stake.toStop : by === "liquidation" ? stake.toLiquidation : null;
    if (by === "stop" || by === "liquidation") return near === null ? null : negate(size(near));
    return parseDecimal(stake[by]);
  };
  const keyed = rows.map((row) => ({ row, value: figureOf(row) }));
  keyed.sort((a, b) =>
    a.value && b.value ? compare(b.value, a.value) : a.value ? -1 : b.value ? 1 : 0,
  );
  return keyed.map((one) => one.row);
}
