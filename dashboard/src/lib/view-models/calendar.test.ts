import { describe, expect, it } from "vitest";
import { monthsOf, periodsOf, strengthOf, sumOf } from "./calendar";

const day = (date: string, net: string | null, n = 1) => ({ day: date, n, wins: 0, net });

describe("calendar of results", () => {
  it("adds the days of a week that begins on Monday", () => {
    const days = [day("2026-03-01", "5"), day("2026-03-02", "-2.5", 2), day("2026-03-08", "1")];
    expect(periodsOf(days, "week")).toEqual([
      { key: "2026-03-02", from: "2026-03-02", to: "2026-03-08", n: 3, net: "-1.5" },
      { key: "2026-02-23", from: "2026-02-23", to: "2026-03-01", n: 1, net: "5" },
    ]);
  });

  it("shows each day of a month once, in its weekday's column", () => {
    const [february] = monthsOf([day("2024-02-29", "7")]);
    const days = february?.weeks.flat().filter((one) => one !== null) ?? [];
    expect(days.map((one) => one.key)).toEqual(
      Array.from({ length: 29 }, (_, index) => `2024-02-${String(index + 1).padStart(2, "0")}`),
    );
    expect(february?.weeks[0]?.findIndex((one) => one !== null)).toBe(3);
    expect(days.filter((one) => one.net !== null)).toHaveLength(1);
  });

  it("puts the newest month first, and its sum is exact", () => {
    const days = [day("2025-12-31", "0.1"), day("2026-01-01", "0.1"), day("2026-01-02", "0.2")];
    expect(monthsOf(days).map((one) => [one.key, one.net, one.n])).toEqual([
      ["2026-01", "0.3", 2],
      ["2025-12", "0.1", 1],
    ]);
  });

  it("keeps a day without a trade apart from one that made nothing", () => {
    expect(sumOf([null, "1"])).toBe("1");
    expect(strengthOf(null, 10)).toBe(0);
    expect(strengthOf("0.01", 10)).toBeGreaterThan(0.1);
    expect(strengthOf("-10", 10)).toBe(1);
    expect(strengthOf("5", 0)).toBe(0);
  });
});
