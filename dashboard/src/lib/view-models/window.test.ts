import { describe, expect, it } from "vitest";
import { indexAt, readWindow, timeAt, windowText } from "./window";

const AXIS = [100, 160, 220, 400];

describe("a stretch of time in the address", () => {
  it("comes back as it was written, and anything else is none", () => {
    expect(readWindow(windowText({ from: 1_767_268_800, to: 1_767_272_400 }))).toEqual({
      from: 1_767_268_800,
      to: 1_767_272_400,
    });
    for (const text of ["", "5", "9-3", "3-3", "-1-3", "a-b", "1-2-3", "1e3-2e9"]) {
      expect(readWindow(text)).toBeNull();
    }
  });
});

describe("an axis that counts by index", () => {
  it("finds an instant at, between and beyond its places", () => {
    expect([100, 130, 400, 580, 40].map((time) => indexAt(AXIS, time))).toEqual([0, 0.5, 3, 4, -1]);
  });

  it("tells the instant of any index, the way back", () => {
    for (const time of [-20, 100, 131, 219, 220, 300, 777]) {
      expect(timeAt(AXIS, indexAt(AXIS, time) ?? Number.NaN)).toBeCloseTo(time, 9);
    }
  });

  it("says nothing with less than two places", () => {
    expect(indexAt([5], 5)).toBeNull();
    expect(timeAt([], 0)).toBeNull();
  });
});
