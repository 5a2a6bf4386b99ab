import { describe, expect, it } from "vitest";
import { arrivalsAbove, rowHeight, statedConfidence } from "./feed-row";
import { decisionRow } from "./fixtures";

const key = (row: { id: string }) => row.id;
const hold = (id: string) => decisionRow({ id, signal: "hold" });
const buy = (id: string) => decisionRow({ id });

describe("rows arriving above", () => {
  it("push the first known row down by exactly their heights", () => {
    const rows = [buy("n2"), hold("n1"), hold("a"), hold("b")];
    const pushed = arrivalsAbove(rows, key, new Set(["a", "b"]), "a");
    expect(pushed).toEqual({ pixels: rowHeight(buy("x")) + rowHeight(hold("x")), count: 2 });
  });

  it("do not count what arrives below it", () => {
    const rows = [hold("a"), hold("late"), hold("b")];
    expect(arrivalsAbove(rows, key, new Set(["a", "b"]), "a")).toEqual({ pixels: 0, count: 0 });
  });
});

describe("heights", () => {
  it("leave no room for fates that nobody told", () => {
    const close = decisionRow({ signal: "close" });
    expect(rowHeight(close)).toBe(rowHeight(hold("x")));
    const closed = decisionRow({ signal: "close", verdict: { allowed: true } });
    expect(rowHeight(closed)).toBe(rowHeight(buy("x")));
  });

  it("follow the length of the reason, two lines at most", () => {
    const long = decisionRow({ justification: "x".repeat(200) });
    const broken = decisionRow({ justification: "a\nb" });
    expect(rowHeight(long)).toBe(rowHeight(buy("x")) + 16);
    expect(rowHeight(broken)).toBe(rowHeight(long));
  });

  it("leave room for the fates where there are any", () => {
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
