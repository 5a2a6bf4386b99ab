import type { BotLog, LogLine } from "@/api/types";
import { count } from "./format-number";

/** From which level on lines are shown. */
export const LOG_LEVELS = ["all", "warning", "error"] as const;
export type LogLevels = (typeof LOG_LEVELS)[number];

const SHOWN: Record<LogLevels, readonly LogLine["level"][]> = {
  all: ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
  warning: ["WARNING", "ERROR", "CRITICAL"],
  error: ["ERROR", "CRITICAL"],
};

/** The lines of these levels that hold every word, newest first. */
export function shownLines(
  lines: readonly LogLine[],
  levels: LogLevels,
  text: string,
): readonly LogLine[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return lines
    .filter((line) => SHOWN[levels].includes(line.level))
    .filter((line) => words.every((word) => line.text.toLowerCase().includes(word)))
    .toReversed();
}

/** What is not there, in words. */
export function missingText({ lines, dropped, lost }: BotLog, shown: number): string {
  return [
    `showing ${count(shown)} of ${count(lines.length)} lines`,
    dropped > 0 && `${count(dropped)} older ones are no longer kept`,
    lost > 0 && `the bot dropped ${count(lost)} that it could not send in time`,
  ]
    .filter(Boolean)
    .join("; ");
}
