import type { DecisionRow } from "@/api/types";
import { signOf } from "./decimal";
import { plainText } from "./plain-text";

// Rows of a known height: the feed scrolls smoothly and stays put while rows arrive above.
const HEAD = 42;
const STAGES = 22;
const LINE = 16;
const QUIET = 30;
/** So many characters fit on one line of the narrowest feed. */
const LINE_CHARACTERS = 48;

/** True when there is more to say of a decision than its reason. */
export function hasStages(row: DecisionRow): boolean {
  if (row.error != null || row.verdict?.allowed === false) return true;
  if (row.signal === "hold") return false;
  return row.signal !== "close" || row.verdict != null || row.execution != null;
}

/** Why a decision was made, as its row in the feed shows it. */
export function reasonOf(row: DecisionRow): string {
  return plainText(row.justification ?? "") || row.error || "No reason was given.";
}

/** A decision to do nothing that went as it should: it takes one line, and may be folded. */
export function isQuiet(row: DecisionRow): boolean {
  return row.signal === "hold" && !hasStages(row);
}

/** The lines that the reason may take, one or two. */
export function reasonLines(row: DecisionRow): 1 | 2 {
  const reason = reasonOf(row);
  return reason.length > LINE_CHARACTERS ? 2 : 1;
}

/** The height of a row in pixels. */
export function rowHeight(row: DecisionRow): number {
  if (isQuiet(row)) return QUIET;
  return HEAD + (hasStages(row) ? STAGES : 0) + reasonLines(row) * LINE;
}

/** The confidence that was stated. A fixed rule has none, though the wire wants a number. */
export function statedConfidence(row: DecisionRow): string | null {
  return row.model === null && signOf(row.confidence) === 0 ? null : row.confidence;
}
