import type { ErrorGroups } from "@/api/types";
import { count } from "./format-number";

export const ERROR_KINDS = ["cycle", "answer", "guard", "order", "ingest"] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];
export const SINCE = ["1h", "1d", "1w", "all"] as const;
export type Since = (typeof SINCE)[number];

export type ErrorFilter = { kind: ErrorKind | null; bot: string | null; since: Since };

/** What a kind of error is called, and what it covers. */
export const KIND_WORDS: Record<ErrorKind, { word: string; covers: string }> = {
  cycle: { word: "cycle", covers: "Cycles that failed as a whole" },
  answer: { word: "answer", covers: "Answers of the model that could not be used, and refusals" },
  guard: { word: "guard", covers: "What the guard did not allow" },
  order: {
    word: "order",
    covers: "Orders that the exchange rejected, or whose outcome is unknown",
  },
  ingest: { word: "ingest", covers: "Records that the server did not accept" },
};

const SPANS: Record<Since, number | null> = {
  "1h": 3600_000,
  "1d": 86_400_000,
  "1w": 7 * 86_400_000,
  all: null,
};

/** The instant from which errors are asked for; null for all of them. */
export function sinceOf(since: Since, now: number): string | null {
  const span = SPANS[since];
  return span === null ? null : new Date(now - span).toISOString();
}

/** How many errors the groups stand for, in words. */
export function countText({ items, counted, truncated }: ErrorGroups): string {
  const causes = `${count(items.length)} ${items.length === 1 ? "cause" : "causes"}`;
  return truncated
    ? `${causes} of the newest ${count(counted)} errors; there are older ones`
    : `${causes} of ${count(counted)} ${counted === 1 ? "error" : "errors"}`;
}
