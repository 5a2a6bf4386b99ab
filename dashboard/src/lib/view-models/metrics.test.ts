import { describe, expect, it } from "vitest";
import { metricsRow } from "./fixtures";
import { calibrationOf, exactOf, METRIC_ROWS } from "./metrics";

const shown = (key: string, change: Parameters<typeof metricsRow>[1] = {}) =>
  METRIC_ROWS.find((row) => row.key === key)?.of(metricsRow("a", change));

describe("metrics", () => {
  it("show — and the sample where it is too small, never 0", () => {
    expect(shown("Sharpe", { sharpe: null, returns_n: 12 })).toEqual({
      text: "—",
      n: 12,
      exact: null,
    });
    for (const row of METRIC_ROWS) expect(row.of(metricsRow("a")).text).not.toMatch(/NaN|null/);
  });

  it("take ratios as numbers and amounts as text", () => {
    expect(shown("Sharpe", { sharpe: 1.234567, returns_n: 40 })?.text).toBe("1.23");
    expect(shown("max drawdown", { max_drawdown: -0.0801 })?.text).toBe("−8.01\u202f%");
    expect(shown("longest drawdown", { drawdown_seconds: 7200 })?.text).toBe(
      "2\u202fh 00\u202fmin",
    );
    expect(exactOf(1e-7)).toBe("1e-7");
    expect(exactOf(undefined)).toBeNull();
  });

  it("have a name of their own each", () => {
    expect(new Set(METRIC_ROWS.map((row) => row.key)).size).toBe(METRIC_ROWS.length);
  });
});

describe("calibration", () => {
  const bin = (low: number, high: number, n: number, won: number | null) => ({
    low,
    high,
    n,
    stated: n > 0 ? (low + high) / 2 : null,
    won,
  });

  it("has a row for each interval that any bot has trades in, lowest first", () => {
    const a = { ...metricsRow("a"), calibration: [bin(0.5, 0.6, 0, null), bin(0.7, 0.8, 4, 0.5)] };
    const b = { ...metricsRow("b"), calibration: [bin(0.6, 0.7, 2, 1), bin(0.7, 0.8, 0, null)] };
    const { rows, cellOf } = calibrationOf([a, b]);
    expect(rows.map((row) => row.text)).toEqual([
      "60\u202f% to 70\u202f%",
      "70\u202f% to 80\u202f%",
    ]);
    expect(rows.map((row) => cellOf(row, "a")?.n)).toEqual([undefined, 4]);
    expect(rows.map((row) => cellOf(row, "b")?.won)).toEqual([1, null]);
  });
});

it("every figure has a definition for its hover", () => {
  for (const row of METRIC_ROWS) expect(row.title, row.name).toBeTruthy();
});
