import type { DecisionRow } from "@/api/types";
import { signOf } from "./decimal";

// Rows of a known height: the feed scrolls smoothly and stays put while rows arrive above.
const HEAD = 42;
const FATES = 22;
const LINE = 16;
/** So many characters fit on one line of the narrowest feed. */
const LINE_CHARACTERS = 48;

/** True when there is more to say of a decision than its reason. */
export function hasFates(row: DecisionRow): boolean {
  if (row.error != null || row.verdict?.allowed === false) return true;
  if (row.signal === "hold") return false;
  return row.signal !== "close" || row.verdict != null || row.execution != null;
}

/** Why a decision was made, as its row in the feed shows it. */
export function reasonOf(row: DecisionRow): string {
  return row.justification?.trim() || row.error || "No reason was given.";
}

/** The lines that the reason may take, one or two. */
export function reasonLines(row: DecisionRow): 1 | 2 {
  const reason = reasonOf(row);
  return reason.length > LINE_CHARACTERS || reason.includes("\n") ? 2 : 1;
}

/** The height of a row in pixels. */
export function rowHeight(row: DecisionRow): number {
  return HEAD + (hasFates(row) ? FATES : 0) + reasonLines(row) * LINE;
}

/** The confidence that was stated. A fixed rule has none, though the wire wants a number. */
export function statedConfidence(row: DecisionRow): string | null {
  return row.model === null && signOf(row.confidence) === 0 ? null : row.confidence;
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
