import { describe, expect, it } from "vitest";
import type { Execution, Verdict } from "@/api/types";
import { stagesOf } from "./chain";
import { decisionRow } from "./fixtures";

const verdict = (change: Partial<Verdict>): Verdict => ({ allowed: true, ...change });
const execution = (change: Partial<Execution>): Execution => ({
  time: "2026-01-01T12:00:01Z",
  status: "executed",
  ...change,
});

describe("asked, allowed, executed", () => {
  it("shows a size that the guard cut, and what was filled of it", () => {
    const stages = stagesOf(
      decisionRow({
        verdict: verdict({ rule: "max_position_size", asked_usd: "80", allowed_usd: "50" }),
        execution: execution({ filled_usd: "49.9", fill_price: "99812.5" }),
      }),
    );
    expect(stages.asked).toMatchObject({ word: "BUY", figure: "$80.00 × 5" });
    expect(stages.allowed).toMatchObject({ word: "resized", figure: "$50.00", tone: "warn" });
    expect(stages.executed).toMatchObject({ word: "filled", figure: "$49.90", at: "99,812.50" });
  });

  it("says rejected with the rule and the reason, and that nothing was sent", () => {
    const stages = stagesOf(
      decisionRow({ verdict: verdict({ allowed: false, rule: "daily_loss", reason: "past $20" }) }),
    );
    expect(stages.allowed).toMatchObject({
      word: "rejected",
      why: "daily_loss: past $20",
      tone: "bad",
    });
    expect(stages.executed.word).toBe("not sent");
  });

  it("assumes nothing where nothing was told", () => {
    const stages = stagesOf(decisionRow({ quantity_usd: null, leverage: null }));
    expect(stages.asked.figure).toBeNull();
    expect(stages.allowed.word).toBe("no verdict");
    expect(stages.executed.word).toBe("no report");
  });

  it("never shows an unknown or rejected order as filled", () => {
    for (const status of ["rejected", "unknown", "pending", "skipped", "partial"] as const) {
      const { executed } = stagesOf(decisionRow({ execution: execution({ status }) }));
      expect(executed.word).not.toBe("filled");
      expect(executed.tone).not.toBe("good");
    }
  });

  it("compares sizes exactly: 80 and 80.00 are the same", () => {
    const same = verdict({ asked_usd: "80", allowed_usd: "80.00" });
    expect(stagesOf(decisionRow({ verdict: same })).allowed.word).toBe("allowed");
  });
});
