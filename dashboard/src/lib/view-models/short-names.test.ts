import { describe, expect, it } from "vitest";
import { nameParts, sharedEnds } from "./short-names";

const SONNET = "claude-sonnet-4.5-hl-perps-conservative";
const THINKING = "claude-sonnet-4.5-thinking-hl-perps-conservative";

describe("names where room is scarce", () => {
  it("keeps in sight what tells two names apart that begin and end alike", () => {
    const shared = sharedEnds([SONNET, THINKING, "gpt-5"]);
    const keys = [SONNET, THINKING].map((name) => nameParts(name, shared.get(name)).key);
    expect(new Set(keys).size).toBe(2);
    expect(keys[1]).toBe("inking");
    expect(shared.has("gpt-5")).toBe(false);
  });

  it("puts every name together again", () => {
    for (const name of [SONNET, THINKING, "a", "", "exactly-twelve", "🙂🙂🙂🙂🙂🙂🙂🙂"]) {
      for (const shared of [0, 3, 22, 99]) {
        const { head, key, rest } = nameParts(name, shared);
        expect(head + key + rest).toBe(name);
      }
    }
  });

  it("cuts no character into halves, and no joined letters apart", () => {
    const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|^\u200d/;
    const whole = (part: string) => !half.test(part);
    for (let length = 13; length < 30; length += 1) {
      const name = [..."🚀 to the moon 👩‍🚀🚀 ×100 👩‍🚀👩‍🚀👩‍🚀👩‍🚀"].slice(0, length).join("");
      const { head, key, rest } = nameParts(name);
      expect([head, key, rest].every(whole), `${head}|${key}|${rest}`).toBe(true);
    }
    const arabic = "بوت التداول على الإطار اليومي";
    expect(nameParts(arabic)).toEqual({ head: arabic, key: "", rest: "" });
  });

  it("leaves a short name whole", () => {
    expect(nameParts("gpt-5-mini")).toEqual({ head: "gpt-5-mini", key: "", rest: "" });
  });
});
