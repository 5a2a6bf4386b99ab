import { describe, expect, it } from "vitest";
import { answerOf, hasReasons, reasonsOf } from "./reasons";

const first = { analysis: "Both fall.", thinking: "Let me see.", coin_analysis: "BTC is weak." };

describe("the reasons of a decision", () => {
  it("are those of its own record", () => {
    expect(reasonsOf(first)).toEqual({
      account: "Both fall.",
      coin: "BTC is weak.",
      thinking: "Let me see.",
    });
  });

  it("take the texts of the whole answer from its first decision, never that one's coin", () => {
    const second = { coin_analysis: "ETH is weaker.", answer_id: "d1" };
    expect(answerOf(second)).toBe("d1");
    expect(answerOf(first)).toBeNull();
    expect(reasonsOf(second, first)).toEqual({
      account: "Both fall.",
      coin: "ETH is weaker.",
      thinking: "Let me see.",
    });
  });

  it("come with each decision of an answer that is recorded by itself", () => {
    const own = { ...first, answer_id: "a1", answer_index: 1 };
    expect(answerOf(own)).toBeNull();
    expect(reasonsOf(own).account).toBe("Both fall.");
  });

  it("are none where nothing readable is recorded", () => {
    expect(hasReasons(reasonsOf({}))).toBe(false);
    expect(hasReasons(reasonsOf({ analysis: 7, thinking: "  ", coin_analysis: null }))).toBe(false);
    expect(hasReasons(reasonsOf(first))).toBe(true);
  });
});
