import { describe, expect, it } from "vitest";
import type { DecisionDetail } from "@/api/types";
import { decisionRow } from "./fixtures";
import { effortOf } from "./plan";

const detail = (change: Partial<DecisionDetail>) => decisionRow(change) as DecisionDetail;
const value = (change: Partial<DecisionDetail>, name: string) =>
  effortOf(detail(change)).find((fact) => fact.name === name)?.value;
const MODEL = { model: "claude-x", decider: "anthropic:claude-x" };

describe("what a decision took", () => {
  it("shows tokens and cost where the answer was counted", () => {
    const counted = { ...MODEL, tokens_in: 2511, tokens_out: 402, cost_usd: "0.0041" };
    expect(value(counted, "tokens in")).toBe("2,511");
    expect(value(counted, "cost")).toContain("0.0041");
  });

  it("says where they stand when another coin of the same answer has them", () => {
    expect(value(MODEL, "cost")).toBe("with its first coin");
    expect(value(MODEL, "tokens in")).toBeUndefined();
  });

  it("claims nothing of that for baselines and old clients", () => {
    expect(value({ model: null, decider: "ema-cross" }, "cost")).toBe("—");
    expect(value({ model: "gpt", decider: null }, "cost")).toBe("—");
  });

  it("names the decider only where it says more than the model", () => {
    expect(value(MODEL, "decider")).toBeUndefined();
    expect(value({ model: null, decider: "ema-cross" }, "decider")).toBe("ema-cross");
  });
});
