import { describe, expect, it } from "vitest";
import { alignDecimals } from "./align";

describe("columns of numbers", () => {
  it("line up at the decimal point when set flush right", () => {
    const lines = alignDecimals(["99,812.50", "0.000012346", "3.1416", "7", "—"]);
    const points = lines.map((line) => line.length - line.search(/\.|$|\u2007/));
    expect(new Set(points.slice(0, 4)).size).toBe(1);
    expect(lines[1]).toBe("0.000012346");
    expect(lines[0]).toBe(`99,812.50${"\u2007".repeat(7)}`);
  });

  it("leave a column without decimals alone", () => {
    expect(alignDecimals(["1", "—"])).toEqual(["1", "—"]);
    expect(alignDecimals([])).toEqual([]);
  });
});
