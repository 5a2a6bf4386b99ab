import type { Candle, PositionRow } from "@/api/types";
import { parseDecimal, toPixelNumber } from "./decimal";
import { price } from "./format-number";

/** A place of the chart: a candle, or nothing recorded then. Its numbers are for pixels only. */
export type Bar = {
  time: number;
  open?: number;
  high?: number;
  low?: number;
  close?: number;
  candle?: Candle;
};

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000);

/** More than this are not drawn as fixed buckets: a hole of weeks would take all the room. */
const MOST_BUCKETS = 6000;

/** Candles on an axis of fixed buckets; the chart counts by index, so gaps are kept as places. */
export function barsOf(candles: readonly Candle[], interval: number): Bar[] {
  const bars = new Map<number, Bar>();
  for (const candle of candles) {
    const time = seconds(candle.time);
    const [open, high, low, close] = [candle.open, candle.high, candle.low, candle.close].map(
      toPixelNumber,
    );
    bars.set(time, { time, open, high, low, close, candle });
  }
  const times = [...bars.keys()].sort((a, b) => a - b);
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return [];
  if (interval <= 0 || (last - first) / interval > MOST_BUCKETS) {
    return times.map((time) => bars.get(time) as Bar);
  }
  for (let time = first; time < last; time += interval) {
    if (!bars.has(time)) bars.set(time, { time });
  }
  return [...bars.values()].sort((a, b) => a.time - b.time);
}

/** The place that a moment falls in; null outside of what is drawn. */
export function barAt(bars: readonly Bar[], time: string | null, interval: number): Bar | null {
  if (time === null) return null;
  const at = seconds(time);
  const found = bars.findLast((bar) => bar.time <= at);
  return found && at < found.time + Math.max(interval, 1) ? found : null;
}

/** The length of a candle: 1 min, 4 h, 1 d. */
export function intervalText(interval: number): string {
  const [size, unit] =
    interval % 86_400 === 0 ? [86_400, "d"] : interval % 3600 === 0 ? [3600, "h"] : [60, "min"];
  return interval % 60 === 0 ? `${interval / Number(size)}\u202f${unit}` : `${interval}\u202fs`;
}

export type Level = {
  name: "entry" | "exit" | "stop" | "target" | "liquidation" | "mark";
  exact: string;
  label: string;
};

/** The prices that are drawn as lines, those that are known. */
export function levelsOf(row: PositionRow): Level[] {
  const open = row.status === "open";
  const all: [Level["name"], string | null | undefined][] = [
    ["entry", row.entry_price],
    ["exit", open ? null : row.exit_price],
    ["stop", row.stop_loss],
    ["target", row.profit_target],
  ];
  return all.flatMap(([name, exact]) =>
    exact && parseDecimal(exact) ? [{ name, exact, label: `${name} ${price(exact)}` }] : [],
  );
}

/** The prices between which the chart must reach, so that no line falls outside of it. */
export function reachOf(bars: readonly Bar[], levels: readonly Level[]): [number, number] | null {
  const lows = bars.flatMap((bar) => (bar.low === undefined ? [] : [bar.low]));
  const highs = bars.flatMap((bar) => (bar.high === undefined ? [] : [bar.high]));
  const prices = levels.map((level) => toPixelNumber(level.exact));
  const low = Math.min(...lows, ...prices);
  const high = Math.max(...highs, ...prices);
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
}

/** The surroundings of a trade that are read with it: half as long again on both sides. */
const LEAST_AROUND = 30 * 60;
const MOST_AROUND = 86_400;
/** Candles on both sides of a short trade, once it is known how long they are. */
const CANDLES_AROUND = 30;

/** The span of candles to ask for; without an end while the trade is open. */
export function spanOf(
  row: PositionRow,
  now: number,
  interval = 0,
): { start: string; end: string | null } {
  const from = Date.parse(row.entry_time);
  const to = row.exit_time ? Date.parse(row.exit_time) : now;
  const length = Math.max(0, to - from) / 1000;
  const around = Math.max(
    CANDLES_AROUND * interval,
    Math.min(MOST_AROUND, Math.max(LEAST_AROUND, length / 2)),
  );
  const text = (time: number) => new Date(time).toISOString();
  return {
    start: text(from - around * 1000),
    end: row.exit_time ? text(to + around * 1000) : null,
  };
}
