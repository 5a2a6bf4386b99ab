import type { BotRow } from "@/api/types";
import { duration } from "./format-number";
import { pulseOf } from "./staleness";

/** A cycle that takes longer than this, in milliseconds, is overdue. */
const LONGEST = 120_000;

/** When a bot decides next: a countdown, or why there is none. */
export function nextCycle(bot: BotRow, now: number): string {
  const status = bot.status;
  if (!status || now === 0) return "—";
  if (status.status === "stopped") return "stopped";
  if (status.status === "paused") return "paused";
  const due = status.next_cycle_at ? Date.parse(status.next_cycle_at) : Number.NaN;
  if (!Number.isFinite(due)) return "—";
  const left = due - now;
  if (left > 0)
    return `in ${duration(Math.ceil(left / 1000) * 1000).replace(/\.0(?=\u202fs)/, "")}`;
  // The cycle itself takes a while: a model thinks. Once the heartbeat is late, it is overdue.
  const isLate = pulseOf(bot, now) !== "alive" || -left > LONGEST;
  return isLate ? `overdue by ${duration(-left)}` : "under way";
}
