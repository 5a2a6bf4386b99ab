import { describe, expect, it } from "vitest";
import type { EquitySeries } from "@/api/types";
import { alignedSeries } from "./compare";
import { linesOf, rangeReturns } from "./equity";
import { accountRow, botRow } from "./fixtures";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (minute: number) => new Date(START + minute * 60_000).toISOString();

/** 10,000; +10 %; half taken out; -10 %; the same paid in again; +10 %. */
const series: EquitySeries = {
  bot_id: "a",
  bot_name: "a",
  mode: "paper",
  points: ["10000", "11000", "5500", "4950", "9900", "10890"].map((equity, minute) => ({
    time: at(minute),
    equity,
    low: equity,
    // Within the minute of a withdrawal the highest is of before it.
    high: minute === 2 ? "11000" : equity,
  })),
};
const bases = {
  a: [
    { time: at(0), base_usd: "10000" },
    { time: at(2), base_usd: "5000" },
    { time: at(4), base_usd: "10000" },
  ],
};
const bots = [
  {
    ...botRow({ id: "a", account: accountRow("a", "10890", "9450") }),
    return_base_usd: "10000",
  },
];
const values = (unit: "usd" | "pct" | "dd", since: string | null = null, from = 0) =>
  linesOf(
    [{ ...series, points: series.points.slice(from) }],
    bots,
    unit,
    60,
    since,
    bases,
  )[0]?.places.map(({ value }) => Number((value ?? 0).toFixed(6)));

describe("a curve with a withdrawal and a deposit", () => {
  it("shows the money itself in dollars", () => {
    expect(values("usd")).toEqual([10000, 11000, 5500, 4950, 9900, 10890]);
  });

  it("has neither for a loss nor for a gain in per cent", () => {
    expect(values("pct")).toEqual([0, 0.1, 0.1, -0.01, -0.01, 0.089]);
  });

  it("counts a range from its first point, and drawdown from a peak that is net too", () => {
    expect(values("pct", at(1), 1)).toEqual([0, 0, -0.1, -0.1, -0.01]);
    expect(values("dd")).toEqual([0, 0, 0, -0.1, -0.1, -0.01]);
  });

  it("has the leaderboard's return over the range", () => {
    expect(Number(rangeReturns([series], bots, 60, null, bases).get("a"))).toBeCloseTo(0.089, 12);
    expect(Number(rangeReturns([series], bots, 60, at(0), bases).get("a"))).toBeCloseTo(0.089, 12);
  });

  it("is net from the common start of a comparison", () => {
    const [aligned] = alignedSeries([series], ["a"], at(3), bases);
    expect(aligned?.points.map((point) => Number(point.equity))).toEqual([4950, 4950, 5445]);
  });
});
