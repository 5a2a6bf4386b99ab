import type { Equity, EquitySeries } from "@/api/types";
import { divide, multiply, parseDecimal, toText } from "./decimal";

/** What a bot's return counts from, from a time on, where money came in or went out. */
export type Bases = NonNullable<Equity["bases"]>;
type Step = Bases[string][number];

/** The base in force at a time; null before the first. */
function baseAt(steps: readonly Step[], time: number): Step | null {
  return steps.findLast((step) => Date.parse(step.time) <= time) ?? null;
}

/**
 * A curve as it would be had no money moved since its first point: each equity over the base of
 * its bucket, times the base of the first. Deposits and withdrawals are neither gain nor loss.
 */
export function netSeries(series: EquitySeries, bases: Bases): EquitySeries {
  const steps = bases[series.bot_id];
  const first = series.points[0];
  const from = steps && first && parseDecimal(baseAt(steps, Date.parse(first.time))?.base_usd);
  if (!from || from.units <= 0n) return series;
  const points = series.points.map((point) => {
    const step = baseAt(steps, Date.parse(point.time));
    const base = parseDecimal(step?.base_usd);
    if (!step || !base || base.units <= 0n) return point;
    const net = (amount: string | null | undefined): string => {
      const exact = parseDecimal(amount);
      const share = exact && divide(multiply(exact, from), base);
      return share ? toText(share) : point.equity;
    };
    const equity = net(point.equity);
    // Where money moved within the bucket, its highest and lowest may be of before.
    const moved = Date.parse(step.time) === Date.parse(point.time);
    return {
      ...point,
      equity,
      high: moved ? equity : net(point.high),
      low: moved ? equity : net(point.low),
    };
  });
  return { ...series, points };
}

/** What returns count from at a curve's first point, in USD; null where nothing was moved. */
export function firstBase(series: EquitySeries, bases: Bases): string | null {
  const [steps, first] = [bases[series.bot_id], series.points[0]];
  return (steps && first && baseAt(steps, Date.parse(first.time))?.base_usd) ?? null;
}
