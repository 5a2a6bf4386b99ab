import { describe, expect, it } from "vitest";
import { courseOf, exitsOf, isStopIdle } from "./exits";
import { positionRow } from "./fixtures-detail";

describe("where a position ends by itself", () => {
  const long = positionRow({
    mark: "100",
    stop_loss: "98",
    profit_target: "105",
    liquidation_price: "81",
  });

  it("measures from the mark, with a sign", () => {
    expect(exitsOf(long).map(({ name, away }) => [name, Number(away)])).toEqual([
      ["stop", -0.02],
      ["target", 0.05],
      ["liquidation", -0.19],
    ]);
  });

  it("is unknown, not 0, without a mark or a level", () => {
    const [stop, target] = exitsOf(positionRow({ mark: null, stop_loss: "98" }));
    expect(stop).toMatchObject({ price: "98", away: null, reached: false });
    expect(target).toMatchObject({ price: null, away: null });
  });

  it("knows a level that the mark has passed, on either side", () => {
    expect(exitsOf({ ...long, mark: "97.9" })[0]?.reached).toBe(true);
    const short = { ...long, side: "short" as const, stop_loss: "102", profit_target: "95" };
    expect(exitsOf({ ...short, mark: "102" })[0]?.reached).toBe(true);
    expect(exitsOf({ ...short, mark: "96" })[1]?.reached).toBe(false);
    expect(exitsOf({ ...short, mark: "94" })[1]?.reached).toBe(true);
  });

  it("knows a stop that the liquidation comes before, on either side", () => {
    expect(isStopIdle(long)).toBe(false);
    expect(isStopIdle({ ...long, stop_loss: "203.70", liquidation_price: "204.50" })).toBe(true);
    const short = { ...long, side: "short" as const, stop_loss: "120", liquidation_price: "119.9" };
    expect(isStopIdle(short)).toBe(true);
    expect(isStopIdle({ ...short, liquidation_price: "120.1" })).toBe(false);
    expect(isStopIdle({ ...long, liquidation_price: null })).toBe(false);
  });

  it("places entry and mark between stop and target, never outside", () => {
    expect(courseOf({ ...long, entry_price: "98" })).toEqual({ entry: 0, mark: 2 / 7 });
    expect(courseOf({ ...long, mark: "120" })?.mark).toBe(1);
    expect(courseOf(positionRow({ stop_loss: "98" }))).toBeNull();
    const short = { side: "short" as const, stop_loss: "102", profit_target: "98", mark: "99" };
    expect(courseOf(positionRow(short))).toEqual({ entry: 0.5, mark: 0.75 });
  });
});
