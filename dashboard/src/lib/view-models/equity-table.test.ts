import { describe, expect, it } from "vitest";
import type { Line } from "./equity";
import { equityRows } from "./equity-table";

function line(botId: string, values: Record<number, string>): Line {
  const places = Object.entries(values).map(([time, exact]) => ({
    time: Number(time),
    exact,
    value: Number(exact),
  }));
  return { botId, name: botId, baseline: false, places, last: "", lastValue: null };
}

describe("the table of a curve", () => {
  it("has a row for each instant at which any bot is known, newest first", () => {
    const { rows, of } = equityRows([line("a", { 60: "1", 120: "2" }), line("b", { 120: "5" })]);
    expect(of).toBe(2);
    expect(rows).toEqual([
      { time: 120, cells: { a: "2", b: "5" } },
      { time: 60, cells: { a: "1" } },
    ]);
  });

  it("keeps the newest row and even steps when there are too many", () => {
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at, String(at)]));
    const { rows, of } = equityRows([line("a", many)], 4);
    expect(rows.map((row) => row.time)).toEqual([9, 6, 3, 0]);
    expect(of).toBe(10);
  });

  it("is empty without lines", () => {
    expect(equityRows([])).toEqual({ rows: [], of: 0 });
  });
});
