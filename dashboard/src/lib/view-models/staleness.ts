import type { BotRow } from "@/api/types";
import { kindOf } from "./kind";

/** How alive a bot is, from its last heartbeat; loud with open positions. */
export type Pulse = "alive" | "late" | "silent" | "danger" | "resting" | "unknown";

/** Heartbeats are due this often when a bot does not tell. */
const DEFAULT_INTERVAL_SECONDS = 180;
/** What a cycle may take on top of its interval before a heartbeat counts as late. */
const GRACE_SECONDS = 15;

/** How often heartbeats are due, in milliseconds. */
export function heartbeatMs(interval: number | null | undefined): number {
  return (interval || DEFAULT_INTERVAL_SECONDS) * 1000;
}

/** Milliseconds since the bot's last heartbeat, else its last event, by the recorder's clock. */
export function heartbeatAge(bot: BotRow, now: number): number | null {
  const seen = Date.parse(bot.heartbeat_at ?? bot.last_seen);
  return Number.isFinite(seen) ? now - seen : null;
}

/** The bot's pulse: late after twice its interval, silent after five times. */
export function pulseOf(bot: BotRow, now: number): Pulse {
  const age = heartbeatAge(bot, now);
  if (!bot.status || age === null) return "unknown";
  const open = bot.stats.open_positions;
  // Who stopped is not late; only real money that is held without anyone to look after it is loud.
  if (bot.status.status === "stopped") {
    return open > 0 && kindOf(bot) === "live" ? "danger" : "resting";
  }
  const interval = bot.status.interval_seconds ?? DEFAULT_INTERVAL_SECONDS;
  const late = (2 * interval + GRACE_SECONDS) * 1000;
  if (age <= late) return bot.status.status === "paused" ? "resting" : "alive";
  if (open > 0) return "danger";
  return age <= (5 * interval + GRACE_SECONDS) * 1000 ? "late" : "silent";
}

/** Events of the running cycle are always on their way; more than these are a lag. */
const ON_THEIR_WAY = 25;

/** How many events a bot's shipper lags behind, 0 when it keeps up. */
export function eventsBehind(bot: BotRow): number {
  const behind = bot.status?.behind ?? 0;
  return behind > ON_THEIR_WAY ? behind : 0;
}

/** True for a pulse that someone should look at. */
export function isLoud(pulse: Pulse): boolean {
  return pulse === "late" || pulse === "silent" || pulse === "danger";
}
