import { describe, expect, it } from "vitest";
import type { DecisionDetail } from "@/api/types";
import { changesBetween } from "./changes";
import { decisionRow } from "./fixtures";

const detail = (change: Partial<DecisionDetail> = {}): DecisionDetail => ({
  ...decisionRow(),
  texts: {},
  payload: {},
  ...change,
});

describe("what changed from one decision to the next", () => {
  it("names what was decided otherwise, as it is written elsewhere", () => {
    const before = detail({ signal: "hold", confidence: "0.7", mark: "99000" });
    const after = detail({ confidence: "0.75", mark: "99812.5", stop_loss: "98100" });
    expect(changesBetween(before, after)).toEqual([
      { name: "signal", before: "HOLD", after: "BUY" },
      { name: "confidence", before: "70\u202f%", after: "75\u202f%" },
      { name: "stop", before: "—", after: "98,100.00" },
      { name: "mark", before: "99,000.00", after: "99,812.50" },
      { name: "executed", before: "nothing to do", after: "no report" },
    ]);
  });

  it("is silent about ids and times, and about the same figure written otherwise", () => {
    const before = detail({ id: "a", time: "2026-01-01T11:00:00Z", confidence: "0.70" });
    expect(changesBetween(before, detail({ confidence: "0.7" }))).toEqual([]);
  });
});
