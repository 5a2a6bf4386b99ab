import { describe, expect, it } from "vitest";
import { botHref, compareHref, screenAt, tradeHref } from "./screens";

describe("screens", () => {
  it("are known by their address, however it ends", () => {
    expect(screenAt("/llm-bot")).toBe("Arena");
    expect(screenAt("/llm-bot/")).toBe("Arena");
    expect(screenAt("/llm-bot/errors.html")).toBe("Errors");
    expect(screenAt("/elsewhere")).toBeNull();
  });

  it("are linked with ids that may hold anything", () => {
    expect(botHref("a b&c")).toBe("/llm-bot/bot?id=a+b%26c");
    expect(tradeHref({ id: "p/1", bot_id: "b" })).toBe("/llm-bot/trade?id=p%2F1&bot=b");
    expect(compareHref(["a", "b,c"])).toBe("/llm-bot/compare?ids=a,b%2Cc");
  });
});
