import type { Line } from "./equity";

/** Fewer lines than these have no outlier: all of them are what one came to see. */
const FEWEST = 4;
/** Lines are left out of the scale where the others then get so many times the height. */
const GAIN = 3;
/** At most this share of the lines is left out. */
const MOST = 0.25;

type Extent = { id: string; low: number; high: number };

/** The lines that would flatten all others; the scale of the chart is made without them. */
export function offScale(lines: readonly Line[]): Set<string> {
  let rest = lines.flatMap((line): Extent[] => {
    const values = line.places.flatMap(({ value }) => (value === undefined ? [] : [value]));
    if (values.length === 0) return [];
    const [low, high] = values.reduce(
      ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    return [{ id: line.botId, low, high }];
  });
  let spare = rest.length < FEWEST ? 0 : Math.floor(rest.length * MOST);
  const off = new Set<string>();
  while (spare > 0) {
    const fewer = without(rest, spare);
    if (!fewer) break;
    spare -= rest.length - fewer.length;
    for (const one of rest) if (!fewer.includes(one)) off.add(one.id);
    rest = fewer;
  }
  return off;
}

/** The extents without as few of the farthest as make the others visible; null when none do. */
function without(extents: readonly Extent[], most: number): Extent[] | null {
  const middles = extents.map((one) => (one.low + one.high) / 2).sort((a, b) => a - b);
  const median = middles[Math.floor(middles.length / 2)] ?? 0;
  const far = (one: Extent) => Math.max(one.high - median, median - one.low);
  const near = [...extents].sort((a, b) => far(a) - far(b));
  for (let count = 1; count <= most; count += 1) {
    const kept = near.slice(0, near.length - count);
    const gone = near.slice(near.length - count);
    const isFar = gone.every((one) => beyond(one, kept) >= height(kept));
    if (isFar && height(kept) * GAIN <= height(extents)) return kept;
  }
  return null;
}

/** How far a line reaches beyond the others. */
function beyond(one: Extent, others: readonly Extent[]): number {
  const low = Math.min(...others.map((other) => other.low));
  return Math.max(one.high - Math.max(...others.map((other) => other.high)), low - one.low);
}

function height(extents: readonly Extent[]): number {
  const low = Math.min(...extents.map((one) => one.low));
  return Math.max(...extents.map((one) => one.high)) - low;
}
