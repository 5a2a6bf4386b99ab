import { describe, expect, it } from "vitest";
import { isQuiet, rowHeight, statedConfidence } from "./feed-row";
import { decisionRow } from "./fixtures";

const hold = (id: string) => decisionRow({ id, signal: "hold" });
const buy = (id: string) => decisionRow({ id });

describe("heights", () => {
  it("leave no room for stages that nobody told", () => {
    const close = decisionRow({ signal: "close" });
    expect(rowHeight(close)).toBeLessThan(rowHeight(buy("x")));
    const closed = decisionRow({ signal: "close", verdict: { allowed: true } });
    expect(rowHeight(closed)).toBe(rowHeight(buy("x")));
  });

  it("follow the length of the reason, two lines at most, and line ends count for nothing", () => {
    const long = decisionRow({ justification: "x".repeat(200) });
    const broken = decisionRow({ justification: "a\nb" });
    expect(rowHeight(long)).toBe(rowHeight(buy("x")) + 16);
    expect(rowHeight(broken)).toBe(rowHeight(buy("x")));
  });

  it("are one line for a hold, unless it was refused or went wrong", () => {
    expect(isQuiet(hold("x"))).toBe(true);
    expect(rowHeight(hold("x"))).toBe(rowHeight({ ...hold("x"), justification: "x".repeat(900) }));
    expect(isQuiet(decisionRow({ signal: "hold", error: "no JSON" }))).toBe(false);
    expect(isQuiet(buy("x"))).toBe(false);
  });

  it("leave room for the stages where there are any", () => {
    expect(rowHeight(buy("x"))).toBeGreaterThan(rowHeight(hold("x")));
    const refused = decisionRow({ signal: "hold", verdict: { allowed: false } });
    expect(rowHeight(refused)).toBe(rowHeight(buy("x")));
  });
});

describe("the stated confidence", () => {
  it("is left out for a fixed rule that sends 0, and kept for a model's 0", () => {
    const rule = { model: null, confidence: "0" };
    expect(statedConfidence(decisionRow(rule))).toBeNull();
    expect(statedConfidence(decisionRow({ ...rule, model: "m" }))).toBe("0");
    expect(statedConfidence(decisionRow({ ...rule, confidence: "0.4" }))).toBe("0.4");
  });
});
