import { describe, expect, it } from "vitest";
import type { DecisionDetail } from "@/api/types";
import { decisionRow } from "./fixtures";
import { effortOf, planOf } from "./plan";

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

describe("what a decision changes of an open position", () => {
  const facts = (change: Partial<DecisionDetail>) =>
    planOf(detail({ mark: "50000", ...change })).map((fact) => `${fact.name} ${fact.value}`);

  it("says where a hold moves the exits", () => {
    const payload = { adjusted_stop_loss: "49500", adjusted_profit_target: 60000 };
    const [stop, target] = facts({ signal: "hold", payload });
    expect(stop).toMatch(/^stop moved to .*49,?500/);
    expect(target).toMatch(/^target moved to .*60,?000/);
  });

  it("says which part a close is about", () => {
    expect(facts({ signal: "close", payload: { close_fraction: "0.4" } })[0]).toMatch(
      /^part closed 40\s%$/,
    );
  });

  it("says nothing of a plain hold or close, or of what cannot be read", () => {
    for (const payload of [{}, { adjusted_stop_loss: {}, close_fraction: [] }]) {
      expect(facts({ signal: "hold", payload })[0]).toMatch(/^mark/);
      expect(facts({ signal: "close", payload })[0]).toMatch(/^mark/);
    }
  });
});
