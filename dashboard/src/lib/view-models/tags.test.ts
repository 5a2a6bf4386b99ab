import { describe, expect, it } from "vitest";
import type { BotRow } from "@/api/types";
import { accountRow, botRow } from "./fixtures";
import { allTags, foundBots, groupsOf, groupTotals, hasTags, modelOf, toggledTag } from "./tags";

const told = { time: "2026-01-01T12:00:00Z", recorded_at: "2026-01-01T12:00:00Z" };

function tagged(id: string, tags: string[] | null, change: Partial<BotRow> = {}): BotRow {
  const status = { bot_id: id, ...told, received_at: told.time, status: "running" as const, tags };
  return botRow({ id, name: id, status, account: accountRow(id, "110", "100"), ...change });
}

const bots = [
  tagged("a", ["trend", "eu"], { decider: "anthropic:sonnet" }),
  tagged("b", ["trend"], { decider: "openai:gpt", mode: "live" }),
  tagged("c", null, { decider: "ema-cross" }),
];

describe("tags", () => {
  it("counts the bots of each tag", () => {
    expect(allTags(bots)).toEqual([
      { tag: "eu", bots: 1 },
      { tag: "trend", bots: 2 },
    ]);
  });

  it("finds bots by every tag and every word", () => {
    const ids = (tags: string[], text = "") => foundBots(bots, tags, text).map((bot) => bot.id);
    expect(ids([])).toEqual(["a", "b", "c"]);
    expect(ids(["trend"])).toEqual(["a", "b"]);
    expect(ids(["trend", "eu"])).toEqual(["a"]);
    expect(ids([], "gpt TREND")).toEqual(["b"]);
    expect(ids(["trend"], "ema")).toEqual([]);
    expect(hasTags(undefined, ["eu"])).toBe(false);
  });

  it("puts a bot under each of its tags, the untagged last", () => {
    const names = (per: "tag" | "model") =>
      groupsOf(bots, per).map(({ name, bots: ours }) => [name, ...ours.map((bot) => bot.id)]);
    expect(names("tag")).toEqual([
      ["eu", "a"],
      ["trend", "a", "b"],
      ["untagged", "c"],
    ]);
    expect(names("model")).toEqual([
      ["ema-cross", "c"],
      ["gpt", "b"],
      ["sonnet", "a"],
    ]);
  });

  it("never adds kinds of money", () => {
    const rows = groupTotals(groupsOf(bots, "tag"));
    expect(rows.map((row) => [row.name, row.kind, row.totals.equity])).toEqual([
      ["eu", "paper", "110"],
      ["trend", "live", "110"],
      ["trend", "paper", "110"],
      ["untagged", "paper", "110"],
    ]);
  });

  it("names the model without its provider", () => {
    expect(modelOf({ decider: "anthropic:claude" })).toBe("claude");
    expect(modelOf({ decider: null })).toBe("unknown");
  });

  it("presses a tag in and out", () => {
    expect(toggledTag(["a"], "b")).toEqual(["a", "b"]);
    expect(toggledTag(["a", "b"], "a")).toEqual(["b"]);
  });
});
