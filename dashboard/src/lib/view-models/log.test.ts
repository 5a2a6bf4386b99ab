import { describe, expect, it } from "vitest";
import type { LogLine } from "@/api/types";
import { missingText, shownLines } from "./log";

const line = (n: number, level: LogLine["level"], text: string): LogLine => ({
  n,
  level,
  text,
  time: "2026-01-01T12:00:00Z",
  logger: "motherhaven",
});
const lines = [
  line(1, "INFO", "Cycle done"),
  line(2, "WARNING", "BTC: no fresh data"),
  line(3, "ERROR", "BTC: order refused"),
];

describe("the log of a bot", () => {
  it("is newest first, from a level on, with every word", () => {
    const found = (...wanted: [Parameters<typeof shownLines>[1], string]) =>
      shownLines(lines, ...wanted).map((one) => one.n);
    expect(found("all", "")).toEqual([3, 2, 1]);
    expect(found("warning", "")).toEqual([3, 2]);
    expect(found("error", "")).toEqual([3]);
    expect(found("all", "btc REFUSED")).toEqual([3]);
    expect(found("error", "cycle")).toEqual([]);
  });

  it("says what is not there", () => {
    const log = { bot_id: "a", lines, dropped: 0, lost: 0 };
    expect(missingText(log, 2)).toBe("showing 2 of 3 lines");
    expect(missingText({ ...log, dropped: 1200, lost: 1 }, 3)).toBe(
      "showing 3 of 3 lines; 1,200 older ones are no longer kept; " +
        "the bot dropped 1 that it could not send in time",
    );
  });
});
