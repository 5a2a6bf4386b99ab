import type { EquitySeries } from "@/api/types";

/** A silence so many times longer than the rest lasts puts a curve into another time. */
const APART = 1;

/**
 * The curves of another time, such as a replay of 2018 beside the bots of today: on one axis with
 * them nothing could be told apart. The newest curves stay, with all that adjoin them.
 */
export function otherTimes(series: readonly EquitySeries[]): Set<string> {
  const spans = series.flatMap(({ bot_id, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last) return [];
    return [{ id: bot_id, from: Date.parse(first.time), to: Date.parse(last.time) }];
  });
  spans.sort((a, b) => b.to - a.to);
  const [newest] = spans;
  if (!newest) return new Set();
  let { from } = newest;
  for (const [index, span] of spans.entries()) {
    if (from - span.to > APART * Math.max(newest.to - from, 1)) {
      return new Set(spans.slice(index).map((one) => one.id));
    }
    from = Math.min(from, span.from);
  }
  return new Set();
}
