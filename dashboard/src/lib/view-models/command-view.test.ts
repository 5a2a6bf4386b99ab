import { expect, test } from "vitest";
import { keepToken, newId, tokenNow } from "@/api/control";
import type { BotRow, CommandRow, PositionRow } from "@/api/types";
import {
  closingText,
  commandedAndObserved,
  guidanceOf,
  latchesOf,
  saysOf,
  ticksOf,
} from "./command-view";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

function command(changes: Partial<CommandRow>): CommandRow {
  return {
    id: "c1",
    bot_id: "b",
    name: "flatten",
    args: {},
    state: "requested",
    updated_at: at(0),
    requested_at: at(-60),
    unfetched: false,
    ...changes,
  } as CommandRow;
}

const bot = { last_seen: at(-180), status: { status: "running" } } as unknown as BotRow;

test("a tick is drawn only for what was told, and verified only by the venue's word", () => {
  const done = (one: CommandRow) => ticksOf(one).map((tick) => tick.done);
  expect(done(command({}))).toEqual([true, false, false, false]);
  expect(done(command({ state: "failed", received_at: at(-9), ended_at: at(0) }))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const whole = { received_at: at(-9), applied_at: at(-8), ended_at: at(-7) };
  expect(done(command({ state: "verified", ...whole }))).toEqual([true, true, true, true]);
});

test("a command that the bot has not fetched says since when, until when, and the way by hand", () => {
  const says = saysOf(command({ expires_at: at(120) }), bot, NOW);
  expect(says?.replace(/\s/g, " ")).toBe(
    "The bot has not fetched this; last seen 3 min ago; it expires in 2 min. On its machine: python run_analysis_bot.py kill --flatten",
  );
  expect(saysOf(command({ requested_at: at(-2) }), bot, NOW)).toBeNull();
  expect(saysOf(command({ state: "expired", unfetched: true }), bot, NOW)).toContain("never");
});

test("what is left and what the venue showed are told; strange values are not", () => {
  const left = { positions: { BTC: "0.5", ETH: 7 }, entries: ["a", "b"] };
  expect(saysOf(command({ state: "applied", left, reason: "thin book" }), bot, NOW)).toBe(
    "thin book · left: BTC 0.5, 2 entry orders",
  );
  const flat = { snapshot_at: at(0), positions: {}, open_orders: 1 };
  expect(saysOf(command({ state: "verified", ...flat }), bot, NOW)).toBe(
    "By the venue: no position, 1 order.",
  );
  expect(saysOf(command({ state: "applied", left: "x", positions: 3 }), bot, NOW)).toBeNull();
});

test("commanded stands beside observed, and the bot is not called stopped before it is", () => {
  const halt = command({ name: "halt", state: "applied" });
  expect(commandedAndObserved(bot, [halt])).toEqual({
    commanded: "halt",
    observed: "running",
    agree: false,
  });
  const latches = [{ name: "halted", by: "ops" }, 7, { by: "x" }];
  const halted = { ...bot, status: { status: "running", latches } } as unknown as BotRow;
  expect(latchesOf(halted)).toEqual([{ name: "halted", at: null, by: "ops", command: null }]);
  const after = commandedAndObserved(halted, [command({ name: "halt", state: "verified" })]);
  expect(after).toEqual({ commanded: "halt", observed: "halted", agree: true });
});

test("closing says how many, how large and about what it costs", () => {
  const row = { coin: "BTC", side: "long", size: "0.5", mark: "60000" } as PositionRow;
  expect(closingText([row])).toContain("Closes 1 position at the market: BTC long 0.5");
  expect(closingText([row])).toMatch(/fees about \$15(\.00)?,/);
  expect(closingText([{ ...row, size: null, mark: null } as unknown as PositionRow])).toContain(
    "fees about unknown",
  );
  expect(closingText([])).toContain("No position is open");
});

test("ids are UUIDv7 of now, each another one", () => {
  const id = newId(NOW);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(NOW);
  expect(newId(NOW)).not.toBe(id);
});

test("a confirmation ends a little before the server's", () => {
  keepToken("t", 300, NOW);
  expect(tokenNow(NOW + 294_000)).toBe("t");
  expect(tokenNow(NOW + 296_000)).toBeNull();
});

test("guidance is what the bot took last, for as long as it was asked to hold", () => {
  const one = (args: Record<string, string>, more: Partial<CommandRow> = {}) =>
    command({ name: "guidance", args, state: "verified", applied_at: at(-3600), ...more });
  const text = "no new longs before the print";
  expect(guidanceOf([one({ text })], NOW)).toEqual({ text, until: null });
  expect(guidanceOf([one({ text, hours: "2" })], NOW)).toEqual({ text, until: iso(3600) });
  expect(guidanceOf([one({ text, hours: "1" })], NOW)).toBeNull();
  expect(guidanceOf([one({ text: "" }), one({ text })], NOW)).toBeNull();
  expect(guidanceOf([one({ text: "later" }, { state: "refused" }), one({ text })], NOW)).toEqual({
    text,
    until: null,
  });
});

const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
