import type { BotRow, EquitySeries } from "@/api/types";
import { baseOf, botName, isBuyAndHold, returnOf } from "./bots";
import {
  compare,
  type Decimal,
  divide,
  parseDecimal,
  subtract,
  toPixelNumber,
  toText,
} from "./decimal";
import { percent, usd } from "./format-number";
import { type Bases, firstBase, netSeries } from "./net-equity";

export type Unit = "usd" | "pct" | "dd";
export const UNITS = ["usd", "pct", "dd"] as const;

/** A place on the chart: seconds since 1970 and its height, or nothing known then. */
export type Place = { time: number; value?: number; exact?: string; beforeGap?: boolean };

export type Line = {
  botId: string;
  name: string;
  baseline: boolean;
  places: Place[];
  /** The exact figure at the line's end, already formatted. */
  last: string;
  lastValue: number | null;
};

/** How the id of a line begins that is no bot's, but what holding a coin would have made. */
const HOLD = "hold:";

/** Without a value for longer than this many buckets, and its own pace, a line is broken. */
const GAP_BUCKETS = 6;
/** So many times longer than the pace around it, a silence is a gap. */
const GAP_PACES = 3;

/**
 * Lines for the chart, on one time axis of fixed buckets that all of them share. Returns count
 * from each bot's first equity since `since` (its deposits, if it began later); null: from its
 * deposits. Returns and drawdowns are net of the money that moved `bases`.
 */
export function linesOf(
  series: readonly EquitySeries[],
  bots: readonly BotRow[],
  unit: Unit,
  bucketSeconds: number,
  since: string | null = null,
  bases: Bases = {},
): Line[] {
  const known = new Map(bots.map((bot) => [bot.id, bot]));
  const axis = axisOf(series, bucketSeconds);
  return series.map((one) => {
    const bot = known.get(one.bot_id);
    const pace = paceOf(bot, bucketSeconds);
    const net = unit === "usd" ? one : netSeries(one, bases);
    const values = valuesOf(net, unit, startOf(net, bot, since, pace, bases));
    const end = values.at(-1);
    return {
      botId: one.bot_id,
      name: bot ? botName(bot) : one.bot_name || one.bot_id.slice(0, 8),
      baseline: bot ? isBuyAndHold(bot) : one.bot_id.startsWith(HOLD),
      places: placesOf(values, axis, pace),
      last: end ? labelOf(end.exact, unit) : "—",
      lastValue: end ? toPixelNumber(end.exact) : null,
    };
  });
}

/** How a figure of this unit is written beside the chart. */
export function labelOf(exact: string, unit: Unit): string {
  if (unit === "usd") return usd(exact);
  return percent(exact, { signed: unit === "pct" });
}

/** Each bot's return over the range, as its line shows it; bots without a point are left out. */
export function rangeReturns(
  series: readonly EquitySeries[],
  bots: readonly BotRow[],
  bucketSeconds: number,
  since: string | null,
  bases: Bases = {},
): Map<string, string> {
  const known = new Map(bots.map((bot) => [bot.id, bot]));
  const found = new Map<string, string>();
  for (const one of series) {
    const bot = known.get(one.bot_id);
    const net = netSeries(one, bases);
    const base = startOf(net, bot, since, paceOf(bot, bucketSeconds), bases);
    const exact = returnOf(net.points.at(-1)?.equity, base);
    if (exact !== null) found.set(one.bot_id, exact);
  }
  return found;
}

type Value = { time: number; exact: string };

/** What returns count from; `pace` is how many seconds a report may be late. */
function startOf(
  series: EquitySeries,
  bot: BotRow | undefined,
  since: string | null,
  pace: number,
  bases: Bases,
): string | null {
  const first = series.points[0];
  const base = firstBase(series, bases) ?? (bot ? baseOf(bot) : null);
  if (!first) return base;
  const late = since === null ? 0 : (Date.parse(first.time) - Date.parse(since)) / 1000;
  const from = since === null || late > pace ? base : null;
  return from ?? first.equity;
}

function valuesOf(series: EquitySeries, unit: Unit, base: string | null): Value[] {
  let peak: Decimal | null = null;
  return series.points.flatMap((point) => {
    const time = Math.floor(Date.parse(point.time) / 1000);
    if (unit === "usd") return [{ time, exact: point.equity }];
    if (unit === "pct") {
      const exact = returnOf(point.equity, base);
      return exact === null ? [] : [{ time, exact }];
    }
    const equity = parseDecimal(point.equity);
    const high = parseDecimal(point.high) ?? equity;
    if (!equity || !high) return [];
    if (!peak || compare(high, peak) > 0) peak = high;
    const depth = divide(subtract(equity, peak), peak);
    return depth ? [{ time, exact: toText(depth) }] : [];
  });
}

/** All buckets from the first to the last one of any line: the chart counts by index. */
function axisOf(series: readonly EquitySeries[], bucketSeconds: number): number[] {
  const times = new Set<number>();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const one of series) {
    for (const point of one.points) {
      const time = Math.floor(Date.parse(point.time) / 1000);
      times.add(time);
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
  }
  const buckets = (last - first) / bucketSeconds;
  if (Number.isFinite(buckets) && buckets <= 20_000) {
    for (let time = first; time <= last; time += bucketSeconds) times.add(time);
  }
  return [...times].sort((a, b) => a - b);
}

function paceOf(bot: BotRow | undefined, bucketSeconds: number): number {
  const interval = bot?.status?.interval_seconds ?? 0;
  return Math.max(GAP_BUCKETS * bucketSeconds, 3 * interval);
}

function placesOf(values: readonly Value[], axis: readonly number[], pace: number): Place[] {
  const at = new Map(values.map((value, index) => [value.time, index]));
  return axis.map((time) => {
    const index = at.get(time);
    const here = index === undefined ? undefined : values[index];
    if (index === undefined || !here) return { time };
    const next = values[index + 1];
    const beforeGap =
      next !== undefined &&
      next.time - time > Math.max(pace, GAP_PACES * paceAround(values, index));
    const place = { time, exact: here.exact, value: toPixelNumber(here.exact) };
    return beforeGap ? { ...place, beforeGap } : place;
  });
}

/** The seconds between values before and after a silence: a bot may have changed its pace. */
function paceAround(values: readonly Value[], index: number): number {
  const step = (at: number) => (values[at + 1]?.time ?? 0) - (values[at]?.time ?? 0);
  const around = [index - 1, index + 1].filter((at) => at >= 0 && at + 1 < values.length);
  // Of two values alone nobody can tell whether they are far apart.
  return around.length > 0 ? Math.max(...around.map(step)) : Number.POSITIVE_INFINITY;
}

/** The last exact value of a line at or before an index of its places; null when there is none. */
export function endIn(line: Line, index: number | null): string | null {
  const from = Math.min(index ?? line.places.length - 1, line.places.length - 1);
  for (let at = from; at >= 0; at -= 1) {
    const exact = line.places[at]?.exact;
    if (exact !== undefined) return exact;
  }
  return null;
}

/** So many lines are named at their ends; the others stand in the list. */
const NAMED = 8;

/**
 * The ends that are named: the best, and the one that is pointed at. `room` is how many labels
 * there is height for, the one that opens the list included.
 */
export function namedTips<T extends { botId: string; y: number }>(
  tips: readonly T[],
  room: number,
  lit: string | null = null,
): T[] {
  const order = [...tips].sort((a, b) => a.y - b.y);
  if (order.length <= Math.min(NAMED + 1, room)) return order;
  const named = order.slice(0, Math.max(1, Math.min(NAMED, room - 1)));
  const asked = order.find((tip) => tip.botId === lit);
  if (!asked || named.includes(asked)) return named;
  return [...named.slice(0, -1), asked];
}

/** Moves labels apart that would overlap, keeping their order; heights in pixels. */
export function spread(tops: readonly number[], size: number, limit: number): number[] {
  const order = tops.map((top, index) => ({ top, index })).sort((a, b) => a.top - b.top);
  let floor = 0;
  for (const label of order) {
    label.top = Math.max(label.top, floor);
    floor = label.top + size;
  }
  let ceiling = limit;
  for (const label of order.reverse()) {
    label.top = Math.min(label.top, ceiling - size);
    ceiling = label.top;
  }
  const placed: number[] = [];
  for (const label of order) placed[label.index] = label.top;
  return placed;
}

/** The newest known equity of a bot, put into the bucket that `time` falls in. */
export function withPoint(
  series: readonly EquitySeries[],
  account: { bot_id: string; time: string; equity_usd: string },
  bucketSeconds: number,
): EquitySeries[] {
  const bucket = Math.floor(Date.parse(account.time) / 1000 / bucketSeconds) * bucketSeconds;
  const { bot_id, equity_usd: equity } = account;
  const fresh = { time: new Date(bucket * 1000).toISOString(), equity, low: equity, high: equity };
  if (!series.some((one) => one.bot_id === bot_id)) {
    return [...series, { bot_id, bot_name: null, mode: "unknown", points: [fresh] }];
  }
  return series.map((one) => {
    const end = one.points.at(-1);
    const endTime = end ? Math.floor(Date.parse(end.time) / 1000) : Number.NEGATIVE_INFINITY;
    if (one.bot_id !== bot_id || bucket < endTime) return one;
    if (!end || bucket > endTime) return { ...one, points: [...one.points, fresh] };
    const high = lower(equity, end.high) === end.high ? equity : end.high;
    const changed = { ...end, equity, low: lower(end.low, equity), high };
    return { ...one, points: [...one.points.slice(0, -1), changed] };
  });
}

function lower(a: string, b: string): string {
  const left = parseDecimal(a);
  const right = parseDecimal(b);
  return left && right && compare(left, right) > 0 ? b : a;
}
