import { describe, expect, it } from "vitest";
import { commandsOf, findCommands } from "./commands";
import { botRow } from "./fixtures";

const status = { bot_id: "a", time: "", recorded_at: "", received_at: "", status: "running" };
const bots = [
  botRow({ id: "b1", name: "claude", decider: "anthropic:claude" }),
  botRow({ id: "b2", name: "ema", status: { ...status, coins: ["ETH", "BTC"] } as never }),
];
const commands = commandsOf(bots);
const found = (typed: string) => findCommands(commands, typed).map((one) => one.id);

describe("the palette", () => {
  it("offers screens, bots, coins and what the page can do", () => {
    expect(found("")).toHaveLength(commands.length);
    expect(new Set(commands.map((one) => one.group))).toEqual(
      new Set(["Screens", "Bots", "Coins", "Page"]),
    );
    expect(new Set(commands.map((one) => one.id)).size).toBe(commands.length);
  });

  it("goes to a bot, to a coin's decisions and to the comparison of all", () => {
    expect(commands.find((one) => one.id === "bot-b2")?.action).toEqual({
      go: "/llm-bot/bot?id=b2",
    });
    expect(commands.find((one) => one.id === "coin-BTC")?.action).toEqual({ go: "/llm-bot?q=BTC" });
    expect(commands.find((one) => one.id === "screen-Compare")?.action).toEqual({
      go: "/llm-bot/compare?ids=b1,b2",
    });
  });

  it("puts what begins with the words first", () => {
    expect(found("cl")[0]).toBe("bot-b1");
    expect(found("err")[0]).toBe("screen-Errors");
    expect(found("dark")[0]).toBe("theme");
    expect(found("times loc")).toEqual(["zone"]);
  });

  it("forgives letters left out, and finds nothing for what is nowhere", () => {
    expect(found("sttngs")).toContain("screen-Settings");
    expect(found("zzz")).toEqual([]);
  });

  it("works before any bot has reported", () => {
    const ids = commandsOf([]).map((one) => one.id);
    expect(ids).toContain("screen-Bot");
    expect(ids.some((id) => id.startsWith("bot-"))).toBe(false);
  });
});
