import { describe, expect, it } from "vitest";
import { clock } from "./format-time";
import { tickRank, tickRanks } from "./ticks";

const at = (text: string) => Date.parse(text) / 1000;
const halfHours = (from: string, n: number) =>
  Array.from({ length: n }, (_, index) => at(from) + index * 1800);

describe("ticks", () => {
  it("stand at whole hours of the zone, not of UTC", () => {
    const times = halfHours("2026-03-01T00:00:00Z", 48);
    for (const zone of ["utc", "Asia/Kolkata", "America/New_York"]) {
      const ranks = tickRanks(times, zone);
      const hours = times.filter((_, index) => (ranks[index] ?? 0) >= 30);
      expect(hours).toHaveLength(24);
      expect(hours.every((time) => clock(time * 1000, zone, false).endsWith(":00"))).toBe(true);
    }
  });

  it("rank the zone's midnight as a day", () => {
    const midnight = at("2026-06-10T18:30:00Z");
    const rank = tickRank(midnight, midnight - 1800, "Asia/Kolkata");
    expect(rank).toBeGreaterThanOrEqual(50);
    expect(rank).toBeLessThan(60);
    expect(tickRank(midnight, midnight - 1800, "utc")).toBe(22);
  });

  it("follow the clocks when they are put forward", () => {
    // At 07:00 UTC of this day New York goes from 02:00 to 03:00.
    const change = at("2026-03-08T07:00:00Z");
    const noon = at("2026-03-08T16:00:00Z");
    expect(tickRank(change, change - 1800, "America/New_York")).toBe(31);
    expect(tickRank(noon, noon - 1800, "America/New_York")).toBe(33);
    expect(tickRank(noon + 3600, noon + 1800, "America/New_York")).toBe(30);
  });

  it("rank days so that those above any rank stand evenly", () => {
    const days = Array.from(
      { length: 27 },
      (_, index) => at("2026-03-02T00:00:00Z") + index * 86_400,
    );
    const ranks = days.map((time) => tickRank(time, time - 3600, "utc"));
    for (const rank of [51, 52, 53, 54]) {
      const shown = days.filter((_, index) => (ranks[index] ?? 0) >= rank);
      const steps = new Set(shown.slice(1).map((time, index) => time - (shown[index] ?? 0)));
      expect([...steps]).toEqual(shown.length > 1 ? [86_400 * 2 ** (rank - 50)] : []);
    }
  });

  it("rank months and years highest, and a first instant by the usual distance", () => {
    expect(tickRank(at("2026-01-01T00:00:00Z"), at("2025-12-31T23:00:00Z"), "utc")).toBe(70);
    expect(tickRank(at("2026-02-01T00:00:00Z"), at("2026-01-31T23:00:00Z"), "utc")).toBe(60);
    expect(tickRanks(halfHours("2026-03-01T00:00:00Z", 2), "utc")).toEqual([60, 22]);
    expect(tickRanks([], "utc")).toEqual([]);
  });
});
