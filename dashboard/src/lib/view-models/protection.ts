import type { BotRow, PositionRow } from "@/api/types";
import { pulseOf } from "./staleness";

export type ProtectionState = "protected" | "partly" | "unprotected" | "unknown" | "not told";

/** How a position is covered by stops at the venue, by the bot's own word. */
export type Told = { state: ProtectionState; says: string };

export type Lacking = {
  key: string;
  coin: string;
  state: Exclude<ProtectionState, "protected" | "not told">;
  why: string;
  code: string | null;
  /** When it came to stand so, as ISO text; null where the bot does not say. */
  since: string | null;
};

const NOT_TOLD: Told = {
  state: "not told",
  says: "The bot does not tell how its positions are protected",
};

const unknown = (says: string): Told => ({ state: "unknown", says });

/**
 * How one open position is protected. Only a fresh word of the bot that covers every open
 * position lets one count as protected; whatever is in doubt is unknown.
 */
export function toldOf(row: PositionRow, bot: BotRow | undefined, now: number): Told {
  const counts = bot?.status?.protection;
  if (!bot?.status || !counts) return NOT_TOLD;
  if (!isFresh(bot, now)) return unknown("The bot's last word on it is too old");
  // A bot holds one position in a coin at most; whatever lacks in the coin is this one.
  const lacks = counts.lacking.find((one) => one.coin === row.coin);
  if (lacks) return { state: lacks.state, says: whyOf(lacks.reason_code) };
  if (Date.parse(bot.status.time) < Date.parse(row.entry_time)) {
    return unknown("It was opened after the bot's last word on it");
  }
  if (counts.protected + counts.lacking.length < bot.stats.open_positions) {
    return unknown("The bot does not follow all of its open positions");
  }
  return { state: "protected", says: "A stop at the venue covers it whole" };
}

/** What is not protected, the worst first and then the longest. */
export function lackingOf(bot: BotRow): Lacking[] {
  const { status } = bot;
  const told = status?.protection?.lacking ?? [];
  const at = Date.parse(status?.time ?? "");
  return told
    .map((one, index) => ({
      key: one.position_id ?? `${one.coin}-${index}`,
      coin: one.coin,
      state: one.state === "protected" ? ("unknown" as const) : one.state,
      why: whyOf(one.reason_code),
      code: one.reason_code ?? null,
      since:
        one.seconds == null || Number.isNaN(at)
          ? null
          : new Date(at - one.seconds * 1000).toISOString(),
    }))
    .sort((a, b) => RANK[a.state] - RANK[b.state] || ((a.since ?? "") < (b.since ?? "") ? -1 : 1));
}

const RANK = { unprotected: 0, unknown: 1, partly: 2 } as const;

export type Summary = { state: ProtectionState; says: string };

/** One sentence about all positions of a bot; null where it holds none. */
export function summaryOf(bot: BotRow, now: number): Summary | null {
  const open = bot.stats.open_positions;
  const counts = bot.status?.protection;
  if (open === 0 && !counts) return null;
  if (!counts) return NOT_TOLD;
  if (!isFresh(bot, now)) {
    return unknown("The bot's last word is too old: how its positions are protected is unknown");
  }
  const states = ["unprotected", "unknown", "partly", "protected"] as const;
  const says = states
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state}`)
    .join(", ");
  const followed = states.reduce((sum, state) => sum + counts[state], 0);
  if (followed < open) return unknown(`${says || "none"} of ${open} open positions`);
  const worst = states.find((state) => counts[state] > 0);
  return worst ? { state: worst, says } : null;
}

/** A bot that is late says nothing of now: its word on protection is old. */
function isFresh(bot: BotRow, now: number): boolean {
  const pulse = pulseOf(bot, now);
  return bot.status?.status !== "stopped" && (pulse === "alive" || pulse === "resting");
}

const WHY: Record<string, string> = {
  stop_none: "No stop rests at the venue",
  stop_partial: "The stops cover a part of it",
  stop_passed: "The price is at its stop or beyond it",
  stop_behind_liquidation: "The liquidation comes before the stop",
  stop_exempt: "Held without a stop on purpose",
  snapshot_old: "The last look at the venue is too old",
  venue_unreadable: "The venue could not be read",
};

/** A reason in words; a code that this page does not know, as it is. */
export function whyOf(code: string | null | undefined): string {
  if (!code) return "The bot gives no reason";
  return WHY[code] ?? code.replaceAll("_", " ");
}
