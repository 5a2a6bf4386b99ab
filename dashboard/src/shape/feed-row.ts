import type { DecisionRow } from "@/api/types";

/** Rows of a known height: the feed scrolls smoothly and stays put while rows arrive above. */
const SHORT = 74;
const TALL = 96;

/** True when there is more to say of a decision than its reason. */
export function hasFates(row: DecisionRow): boolean {
  return row.signal !== "hold" || row.error != null || row.verdict?.allowed === false;
}

export function rowHeight(row: DecisionRow): number {
  return hasFates(row) ? TALL : SHORT;
}

/** How far arrivals above `anchorKey` push it down, in pixels, and how many they are. */
export function arrivalsAbove(
  rows: readonly DecisionRow[],
  keyOf: (row: DecisionRow) => string,
  before: ReadonlySet<string>,
  anchorKey: string | null,
): { pixels: number; count: number } {
  let pixels = 0;
  let count = 0;
  for (const row of rows) {
    const key = keyOf(row);
    if (key === anchorKey) break;
    if (before.has(key)) continue;
    pixels += rowHeight(row);
    count += 1;
  }
  return { pixels, count };
}
