import type { BotRow, CommandName, CommandRow, PositionRow } from "@/api/types";
import { add, multiply, parseDecimal, toText } from "./decimal";
import { price, quantity, usd } from "./format-number";
import { age } from "./format-time";
import { stakeOf } from "./stake";

export const TICKS = ["requested", "received", "applied", "verified"] as const;
export type Tick = { name: (typeof TICKS)[number]; at: string | null; done: boolean };

/** The four facts about a command, each by itself: a tick is never drawn for one not told. */
export function ticksOf(command: CommandRow): Tick[] {
  const at = {
    requested: command.requested_at ?? null,
    received: command.received_at ?? null,
    applied: command.applied_at ?? null,
    verified: command.state === "verified" ? (command.ended_at ?? null) : null,
  };
  return TICKS.map((name) => ({ name, at: at[name], done: at[name] !== null }));
}

const ENDED = new Set(["verified", "refused", "expired", "superseded", "failed"]);

export const isOver = (command: CommandRow): boolean => ENDED.has(command.state);

/** Twice the longest a bot waits between two looks: later than this it has not fetched it. */
const LATE_MS = 10_000;

/** What there is to say of a command beside its ticks; null when the ticks say it all. */
export function saysOf(command: CommandRow, bot: BotRow, now: number): string | null {
  const { state } = command;
  if (state === "requested" || state === "delivered") return waiting(command, bot, now);
  if (command.unfetched) return "Expired: the bot never fetched it. Nothing was done.";
  const why = [command.reason, leftText(command)].filter(Boolean).join(" · ");
  if (state === "superseded") {
    return command.reason_code === "same_command"
      ? "The same command is being carried out already."
      : (command.reason ?? "A stronger command does what this one had to do.");
  }
  if (state === "verified") return verifiedText(command);
  return why || null;
}

function waiting(command: CommandRow, bot: BotRow, now: number): string | null {
  const since = command.requested_at ? now - Date.parse(command.requested_at) : 0;
  if (since < LATE_MS) return null;
  const seen = age(now - Date.parse(bot.last_seen));
  const ends = command.expires_at ? Date.parse(command.expires_at) - now : null;
  const left = ends === null ? "" : `; it expires in ${age(Math.max(0, ends))}`;
  return `The bot has not fetched this; last seen ${seen} ago${left}. On its machine: python run_analysis_bot.py kill --flatten`;
}

function verifiedText(command: CommandRow): string | null {
  if (!command.snapshot_at) return null;
  const held = Object.entries(positionsIn(command.positions));
  const list = held.map(([coin, size]) => `${coin} ${quantity(size)}`).join(", ");
  const orders = command.open_orders ?? 0;
  const open = held.length === 0 ? "no position" : list;
  return `By the venue: ${open}, ${orders} ${orders === 1 ? "order" : "orders"}.`;
}

function leftText(command: CommandRow): string {
  if (!command.left || typeof command.left !== "object") return "";
  const { positions, entries, stop } = command.left as Record<string, unknown>;
  const parts = Object.entries(positionsIn(positions)).map(([c, s]) => `${c} ${quantity(s)}`);
  if (Array.isArray(entries)) parts.push(`${entries.length} entry orders`);
  if (stop) parts.push("the stop is not there yet");
  return parts.length > 0 ? `left: ${parts.join(", ")}` : "";
}

function positionsIn(value: unknown): Record<string, string> {
  if (!value || typeof value !== "object") return {};
  const pairs = Object.entries(value).filter(([, size]) => typeof size === "string");
  return Object.fromEntries(pairs) as Record<string, string>;
}

export type Latch = { name: string; at: string | null; by: string | null; command: string | null };

/** What stops entries by the bot's own word, the strongest first. */
export function latchesOf(bot: BotRow): Latch[] {
  const told: unknown = bot.status?.latches;
  if (!Array.isArray(told)) return [];
  return told.flatMap((one: unknown): Latch[] => {
    if (!one || typeof one !== "object") return [];
    const { name, at, by, command_id: command } = one as Record<string, unknown>;
    const word = (value: unknown) => (typeof value === "string" ? value : null);
    return typeof name === "string"
      ? [{ name, at: word(at), by: word(by), command: word(command) }]
      : [];
  });
}

export type Guided = { text: string; until: string | null };

/** The guidance that the bot has taken and that still holds at `now`; null for none. */
export function guidanceOf(commands: readonly CommandRow[], now: number): Guided | null {
  const last = commands.find((one) => one.name === "guidance" && one.state === "verified");
  const { text, hours } = (last?.args ?? {}) as Record<string, unknown>;
  if (!last || typeof text !== "string" || text === "") return null;
  const taken = Date.parse(last.applied_at ?? last.ended_at ?? last.updated_at);
  const until = hours === undefined ? null : taken + Number(hours) * 3_600_000;
  if (until === null) return { text, until };
  return until > now ? { text, until: new Date(until).toISOString() } : null;
}

/** The contract's bound, in characters. */
export const MAX_GUIDANCE = 2_000;

/** How long guidance may be asked to hold, in hours; at most a month, or until it is cleared. */
export const GUIDANCE_HOURS = [
  { hours: "1", text: "1 hour" },
  { hours: "4", text: "4 hours" },
  { hours: "24", text: "1 day" },
  { hours: "168", text: "1 week" },
  { hours: "", text: "until it is cleared" },
] as const;

const STOPS: readonly string[] = ["halt", "flatten", "cancel_entries", "no_entries"];

/** What people asked for last that stops the bot, beside what the bot says it does. */
export function commandedAndObserved(
  bot: BotRow,
  commands: readonly CommandRow[],
): { commanded: string; observed: string; agree: boolean } {
  const last = commands.find(
    (one) => STOPS.includes(one.name) && !["refused", "expired"].includes(one.state),
  );
  const [latch] = latchesOf(bot);
  const commanded = last ? nameOf(last.name) : "nothing";
  const observed = latch
    ? latch.name === "halted"
      ? "halted"
      : "no entries"
    : (bot.status?.status ?? "unknown");
  return { commanded, observed, agree: !last || last.state === "verified" };
}

const NAMES: Record<string, string> = {
  no_entries: "no entries",
  cancel_entries: "cancel entries",
  move_stop: "move stop",
  ask_again: "ask again",
};

export const nameOf = (name: string): string => NAMES[name] ?? name;

/** A taker's fee that is common at venues, as a fraction: only to say about what it costs. */
const TAKER = "0.0005";

/** What closing these positions will do: how many, how large, and what it costs about. */
export function closingText(rows: readonly PositionRow[]): string {
  if (rows.length === 0) return "No position is open. Entries are stopped and cancelled.";
  const notionals = rows.map((row) => parseDecimal(stakeOf(row).notional));
  const known = notionals.filter((one) => one !== null);
  const sum = known.reduce((all, one) => add(all, one), { units: 0n, scale: 0 });
  const fee = parseDecimal(TAKER);
  const costs = fee && known.length === rows.length ? usd(toText(multiply(sum, fee))) : "unknown";
  const list = rows
    .slice(0, 6)
    .map((row) => `${row.coin} ${row.side} ${quantity(row.size)} at ${price(row.mark)}`);
  const more = rows.length > 6 ? `, and ${rows.length - 6} more` : "";
  const n = `${rows.length} ${rows.length === 1 ? "position" : "positions"}`;
  return `Closes ${n} at the market: ${list.join(", ")}${more}. Notional ${usd(toText(sum))}; fees about ${costs}, slippage comes on top. Entries are stopped until somebody lifts it.`;
}

/** What each command does, in one sentence. */
export const DOES: Record<CommandName, string> = {
  no_entries: "The bot opens nothing new. Positions, stops and targets stay.",
  cancel_entries: "As no entries, and its resting entry orders are cancelled.",
  flatten: "Entries are stopped and cancelled, and every position is closed.",
  halt: "As cancel entries, until somebody arms the bot by hand on its machine. Positions stay.",
  reduce: "Closes a part of the position at the market.",
  move_stop: "Moves the stop nearer to the price, never away from it.",
  snapshot: "The bot reads the venue and tells what is there.",
  ask_again: "The decider is asked now, not at the next cycle.",
  guidance: "Words that the decider weighs; they change no limit.",
  resume: "Lifts no entries, where the bot's own settings allow it. Never a halt.",
};
