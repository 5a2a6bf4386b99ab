import { describe, expect, it } from "vitest";
import type { Candle } from "@/api/types";
import { barAt, barsOf, intervalText, levelsOf, reachOf, spanOf } from "./candles";
import { positionRow } from "./fixtures-detail";

const candle = (time: string, close: string): Candle => ({
  time,
  interval_seconds: 60,
  open: "100",
  high: "102",
  low: "99",
  close,
  volume: null,
});

describe("candles on fixed buckets", () => {
  const candles = [candle("2026-01-01T12:00:00Z", "101"), candle("2026-01-01T12:03:00Z", "100")];

  it("keeps a gap as places without a candle", () => {
    const bars = barsOf(candles, 60);
    expect(bars.map((bar) => bar.close ?? null)).toEqual([101, null, null, 100]);
    expect(bars[1]?.time).toBe((bars[0]?.time ?? 0) + 60);
  });

  it("is in order and has each time once, whatever order they came in", () => {
    const bars = barsOf([...candles].reverse().concat(candles), 60);
    expect(bars.map((bar) => bar.time)).toEqual(
      [...new Set(bars.map((bar) => bar.time))].sort((a, b) => a - b),
    );
    expect(barsOf([], 60)).toEqual([]);
  });

  it("does not spread a hole of years into millions of places", () => {
    const far = barsOf([...candles, candle("2031-01-01T12:00:00Z", "5")], 60);
    expect(far).toHaveLength(3);
  });

  it("finds the candle of a moment, and none outside", () => {
    const bars = barsOf(candles, 60);
    expect(barAt(bars, "2026-01-01T12:00:59Z", 60)?.close).toBe(101);
    expect(barAt(bars, "2026-01-01T12:04:00Z", 60)).toBeNull();
    expect(barAt(bars, "2026-01-01T11:59:59Z", 60)).toBeNull();
    expect(barAt(bars, null, 60)).toBeNull();
  });
});

describe("the length of a candle", () => {
  it("is said in its largest whole unit", () => {
    const texts = [30, 60, 300, 3600, 14_400, 86_400].map(intervalText);
    expect(texts.map((text) => text.replace("\u202f", ""))).toEqual([
      "30s",
      "1min",
      "5min",
      "1h",
      "4h",
      "1d",
    ]);
  });
});

describe("the lines of a trade", () => {
  it("draws what is known, and no exit while it is open", () => {
    const open = positionRow({ stop_loss: "98", profit_target: null, exit_price: "101" });
    expect(levelsOf(open).map((level) => level.name)).toEqual(["entry", "stop"]);
    const closed = positionRow({ status: "closed", exit_price: "101" });
    expect(levelsOf(closed).map((level) => level.label)).toEqual(["entry 100.00", "exit 101.00"]);
  });

  it("reaches as far as the farthest line", () => {
    const bars = barsOf([candle("2026-01-01T12:00:00Z", "101")], 60);
    expect(reachOf(bars, levelsOf(positionRow({ stop_loss: "90" })))).toEqual([90, 102]);
    expect(reachOf([], [])).toBeNull();
  });
});

describe("what is read around a trade", () => {
  it("is half of its length, at least half an hour and at most a day", () => {
    const row = positionRow({ status: "closed", exit_time: "2026-01-01T16:00:00Z" });
    expect(spanOf(row, 0)).toEqual({
      start: "2026-01-01T10:00:00.000Z",
      end: "2026-01-01T18:00:00.000Z",
    });
    const short = positionRow({ status: "closed", exit_time: "2026-01-01T12:00:10Z" });
    expect(spanOf(short, 0).start).toBe("2026-01-01T11:30:00.000Z");
    expect(spanOf(short, 0, 900).start).toBe("2026-01-01T04:30:00.000Z");
    const open = spanOf(positionRow({}), Date.parse("2026-03-01T12:00:00Z"));
    expect(open).toEqual({ start: "2025-12-31T12:00:00.000Z", end: null });
  });
});
