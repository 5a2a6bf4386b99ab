import { describe, expect, it } from "vitest";
import type { EquitySeries } from "@/api/types";
import { endIn, linesOf, namedTips, spread } from "./equity";
import { accountRow, botRow } from "./fixtures";

const START = Date.parse("2026-01-01T00:00:00Z");

function series(bot_id: string, equities: Record<number, string>): EquitySeries {
  const points = Object.entries(equities).map(([minute, equity]) => ({
    time: new Date(START + Number(minute) * 60_000).toISOString(),
    equity,
    low: equity,
    high: equity,
  }));
  return { bot_id, bot_name: bot_id, mode: "paper", points };
}

describe("equity lines", () => {
  it("share one axis of fixed buckets, with nothing where nothing is known", () => {
    const lines = linesOf(
      [series("a", { 0: "1", 1: "2", 4: "3" }), series("b", { 2: "5" })],
      [],
      "usd",
      60,
    );
    expect(lines[0]?.places.map((place) => place.value)).toEqual([1, 2, undefined, undefined, 3]);
    expect(lines[1]?.places.map((place) => place.value)).toEqual([
      undefined,
      undefined,
      5,
      undefined,
      undefined,
    ]);
  });

  it("are broken where a bot was silent for long, and only there", () => {
    const [line] = linesOf([series("a", { 0: "1", 3: "1", 30: "2", 31: "2" })], [], "usd", 60);
    const broken = line?.places.filter((place) => place.beforeGap).map((place) => place.time);
    expect(broken).toEqual([START / 1000 + 180]);
  });

  it("stay whole where a bot was slow before it became fast, and of two values alone", () => {
    const slow = { 0: "1", 15: "1", 30: "2", 45: "2", 46: "2", 47: "2", 120: "3", 121: "3" };
    const [line] = linesOf([series("a", slow)], [], "usd", 60);
    const broken = line?.places.filter((place) => place.beforeGap).map((place) => place.time);
    expect(broken).toEqual([START / 1000 + 47 * 60]);
    const [two] = linesOf([series("a", { 0: "1", 60: "2" })], [], "usd", 60);
    expect(two?.places.some((place) => place.beforeGap)).toBe(false);
  });

  it("end with the exact figure, in each unit", () => {
    const bots = [botRow({ id: "a", name: "claude", account: accountRow("a", "99", "100") })];
    const of = (unit: "usd" | "pct" | "dd") =>
      linesOf([series("a", { 0: "110", 1: "99" })], bots, unit, 60)[0];
    expect(of("usd")).toMatchObject({ name: "claude", last: "$99.00" });
    expect(of("pct")?.last).toBe("\u22121.00\u202f%");
    expect(of("dd")?.last).toBe("\u221210.00\u202f%");
    expect(of("dd")?.places[0]?.value).toBe(0);
  });

  it("measure return from the first equity when no deposits are known", () => {
    const [line] = linesOf([series("a", { 0: "200", 1: "210" })], [], "pct", 60);
    expect(line?.last).toBe("+5.00\u202f%");
  });
});

describe("the base of a return", () => {
  const bots = [botRow({ id: "a", account: accountRow("a", "99", "100") })];
  const start = new Date(START).toISOString();
  const last = (equities: Record<number, string>, since: string | null) =>
    linesOf([series("a", equities)], bots, "pct", 60, since)[0]?.last;

  it("is the equity at the begin of the range", () => {
    expect(last({ 0: "110", 1: "99" }, start)).toBe("\u221210.00\u202f%");
  });

  it("is what was paid in, over all time and for who began within the range", () => {
    expect(last({ 0: "110", 1: "99" }, null)).toBe("\u22121.00\u202f%");
    expect(last({ 90: "110", 91: "99" }, start)).toBe("\u22121.00\u202f%");
  });
});

describe("labels at the ends of lines", () => {
  it("move apart without changing their order", () => {
    expect(spread([10, 12, 60], 20, 200)).toEqual([10, 30, 60]);
    expect(spread([12, 10], 20, 200)).toEqual([30, 10]);
  });

  it("stay within the chart", () => {
    const tops = spread([190, 195, 198], 20, 200);
    expect(Math.max(...tops)).toBe(180);
    expect(tops).toEqual([140, 160, 180]);
    expect(spread([-15, -10], 20, 200)).toEqual([0, 20]);
  });
});

describe("the ends of lines", () => {
  it("are their last known value left of the names, even where a gap is in sight", () => {
    const [line] = linesOf([series("a", { 0: "1", 3: "7" })], [], "usd", 60);
    if (!line) throw new Error("no line");
    expect(endIn(line, null)).toBe("7");
    expect(endIn(line, 2)).toBe("1");
    expect(endIn(line, 99)).toBe("7");
    expect(endIn(line, -1)).toBeNull();
  });

  it("are named as far as there is room: the best, and the one that is pointed at", () => {
    const tips = Array.from({ length: 13 }, (_, y) => ({ botId: `b${y}`, y: 12 - y }));
    const named = (room: number, lit: string | null = null) =>
      namedTips(tips, room, lit).map((tip) => tip.botId);
    expect(named(20)).toEqual(["b12", "b11", "b10", "b9", "b8", "b7", "b6", "b5"]);
    expect(named(20, "b0")).toContain("b0");
    expect(named(20, "b0")).toHaveLength(8);
    expect(named(4)).toEqual(["b12", "b11", "b10"]);
    expect(namedTips(tips.slice(0, 9), 20)).toHaveLength(9);
  });
});
