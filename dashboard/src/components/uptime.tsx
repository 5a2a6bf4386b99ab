"use client";
import type { BotRow } from "@/api/types";
import { usePulseNow } from "@/prefs/use-pulse-now";
import { percent, UNKNOWN } from "@/shape/format-number";
import { age } from "@/shape/format-time";
import { UPTIME_TITLE, uptimeOf } from "@/shape/uptime";

/** The share of its time that a bot was alive, and how long that time is. */
export function Uptime({ bot }: { bot: BotRow }) {
  const now = usePulseNow();
  const uptime = now === 0 ? null : uptimeOf(bot, now);
  if (!uptime) return UNKNOWN;
  // Cut, not rounded: 99.96 % is not 100 %.
  const fraction = String(Math.floor(uptime.fraction * 1000) / 1000);
  return (
    <span title={UPTIME_TITLE}>
      {percent(fraction, { signed: false, places: 1 })}{" "}
      <span className="text-faint">({age(Math.max(10_000, uptime.since))})</span>
    </span>
  );
}
