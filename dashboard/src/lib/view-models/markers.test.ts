import { describe, expect, it } from "vitest";
import { decisionRow } from "./fixtures";
import { clustered, markersOf } from "./markers";

const noon = Date.parse("2026-01-01T12:00:00Z") / 1000;
const places = [{ time: noon, value: 1 }, { time: noon + 60 }, { time: noon + 120, value: 2 }];
const at = (time: string, change = {}) => decisionRow({ id: time, time, ...change });

describe("decisions on the equity line", () => {
  it("stand at the last value known by then, oldest first", () => {
    const rows = [at("2026-01-01T12:02:30Z"), at("2026-01-01T12:01:30Z")];
    expect(markersOf(rows, places, 60).map((one) => one.time)).toEqual([noon, noon + 120]);
  });

  it("leaves out what was before the line, or long after it", () => {
    const rows = [at("2026-01-01T11:59:59Z"), at("2026-01-02T12:00:00Z")];
    expect(markersOf(rows, places, 60)).toEqual([]);
    expect(markersOf(rows, [], 60)).toEqual([]);
  });

  it("knows what the guard refused", () => {
    const [marker] = markersOf(
      [at("2026-01-01T12:00:00Z", { verdict: { allowed: false } })],
      places,
      60,
    );
    expect(marker?.rejected).toBe(true);
  });
});

describe("marks that would cover one another", () => {
  const marks = (n: number) =>
    Array.from({ length: n }, (_, at) => ({
      id: `d${at}`,
      time: at * 3600,
      signal: at % 2 ? ("close" as const) : ("buy_to_enter" as const),
      rejected: at % 10 === 0,
    }));

  it("stand alone up to forty", () => {
    expect(clustered(marks(40))).toEqual(marks(40));
    expect(clustered([])).toEqual([]);
  });

  it("stand together above, and none is lost", () => {
    const together = clustered(marks(1000));
    expect(together.length).toBeLessThanOrEqual(40);
    expect(together.reduce((sum, one) => sum + (one.count ?? 1), 0)).toBe(1000);
    expect(together.map((one) => one.time)).toEqual(
      together.map((one) => one.time).sort((a, b) => a - b),
    );
  });
});
