import { describe, expect, it } from "vitest";
import { plainText } from "./plain-text";

describe("Markdown in a row of the feed", () => {
  it("is its words", () => {
    const text =
      "**Strong** conviction: `ema20 > ema50`, see\n\n| tf | rsi |\n|---|---|\n| 4h | 61 |\n";
    expect(plainText(text)).toBe("Strong conviction: ema20 > ema50, see tf rsi 4h 61");
    expect(plainText("# Plan\n- buy [BTC](https://x.y)\n1. hold *on*\n```json\n{}\n```")).toBe(
      "Plan buy BTC hold on {}",
    );
  });

  it("leaves plain words and figures alone", () => {
    for (const text of ["2 * 3 * 4 = 24", "RSI(7)=72.3 → keep", "a_b and c_d", "-0.5 %", "做多"]) {
      expect(plainText(text)).toBe(text);
    }
  });
});
