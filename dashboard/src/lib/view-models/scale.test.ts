import { describe, expect, it } from "vitest";
import type { Line } from "./equity";
import { byFigure, readingsAt } from "./readout";
import { offScale } from "./scale";

function line(botId: string, values: (number | undefined)[]): Line {
  const places = values.map((value, time) =>
    value === undefined ? { time } : { time, value, exact: String(value) },
  );
  return { botId, name: botId, baseline: false, places, last: "", lastValue: null };
}

const usual = ["a", "b", "c", "d", "e", "f", "g", "h"].map((id, at) => line(id, [0, at / 100]));

describe("the scale of many lines", () => {
  it("leaves out what would flatten all others, above and below", () => {
    expect([...offScale([...usual, line("blown", [0, -9.41])])]).toEqual(["blown"]);
    expect(offScale([...usual, line("blown", [0, -9.41]), line("whale", [0, 9e9])])).toEqual(
      new Set(["blown", "whale"]),
    );
    expect(offScale([...usual, line("one", [0, -9.4]), line("two", [0, -9.1])]).size).toBe(2);
  });

  it("keeps what is merely far, and few lines always", () => {
    expect(offScale([...usual, line("far", [0, -0.1])]).size).toBe(0);
    expect(offScale([line("a", [1]), line("b", [2]), line("c", [900])]).size).toBe(0);
    expect(offScale([]).size).toBe(0);
  });

  it("does not drag a line along that is not far itself", () => {
    const lines = [...usual, line("near", [0, 0.08]), line("far", [0, 0.28])];
    expect([...offScale(lines)]).toEqual(["far"]);
  });

  it("never leaves out more than a quarter", () => {
    const lines = [1, 1.1, 1.2, 500, 1000, 1500].map((end, at) => line(`b${at}`, [end]));
    expect(offScale(lines).size).toBeLessThanOrEqual(1);
  });
});

describe("the figures at an instant", () => {
  const slow = line("slow", [1, undefined, undefined, 4, undefined]);
  const late = line("late", [undefined, undefined, 2, 2, 2]);

  it("carry the last report on, and begin with the first", () => {
    expect(readingsAt([slow, late], 1).map((one) => [one.line.botId, one.exact])).toEqual([
      ["slow", "1"],
    ]);
    expect(readingsAt([slow, late], 2).map((one) => one.line.botId)).toEqual(["late", "slow"]);
  });

  it("say of a line that has ended that it has", () => {
    expect(readingsAt([slow, late], 4).map((one) => one.over)).toEqual([true, false]);
  });

  it("are sorted exactly, the highest first", () => {
    const texts = ["0.1", "-2", "0.1000000000000000001", "10"].map((exact) => ({ exact }));
    expect(byFigure(texts).map((one) => one.exact)).toEqual([
      "10",
      "0.1000000000000000001",
      "0.1",
      "-2",
    ]);
  });
});
