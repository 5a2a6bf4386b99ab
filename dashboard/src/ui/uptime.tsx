"use client";
import type { BotRow } from "@/api/types";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { percent, UNKNOWN } from "@/lib/view-models/format-number";
import { age } from "@/lib/view-models/format-time";
import { type Uptime as Figure, UPTIME_TITLE, uptimeOf } from "@/lib/view-models/uptime";

function useUptime(bot: BotRow): Figure | null {
  const now = usePulseNow();
  return now === 0 ? null : uptimeOf(bot, now);
}

/** Cut, not rounded: 99.96 % is not 100 %. */
function shareText({ fraction }: Figure): string {
  return percent(String(Math.floor(fraction * 1000) / 1000), { signed: false, places: 1 });
}

/** The share of its time that a bot was alive. */
export function UptimeShare({ bot }: { bot: BotRow }) {
  const uptime = useUptime(bot);
  return (
    <span className="num" title={UPTIME_TITLE}>
      {uptime ? shareText(uptime) : UNKNOWN}
    </span>
  );
}

/** The share of its time that a bot was alive, and how long that time is. */
export function Uptime({ bot }: { bot: BotRow }) {
  const uptime = useUptime(bot);
  if (!uptime) return UNKNOWN;
  return (
    <span title={UPTIME_TITLE}>
      {shareText(uptime)}
      <span className="text-faint max-[1400px]:hidden">
        {" "}
        ({age(Math.max(10_000, uptime.since))})
      </span>
    </span>
  );
}
