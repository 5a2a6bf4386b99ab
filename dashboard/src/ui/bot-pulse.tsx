"use client";
import { TriangleAlert } from "lucide-react";
import type { BotRow } from "@/api/types";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { count } from "@/lib/view-models/format-number";
import { age } from "@/lib/view-models/format-time";
import {
  eventsBehind,
  heartbeatAge,
  isLoud,
  type Pulse,
  pulseOf,
} from "@/lib/view-models/staleness";

const TONES: Record<Pulse, { dot: string; text: string }> = {
  alive: { dot: "bg-gain", text: "text-text" },
  late: { dot: "bg-warn animate-breathe", text: "text-warn" },
  silent: { dot: "border-2 border-warn", text: "text-warn" },
  danger: { dot: "bg-loss animate-breathe", text: "text-loss font-semibold" },
  resting: { dot: "border border-muted", text: "text-muted" },
  unknown: { dot: "border border-line-strong", text: "text-faint" },
};

/** A bot's state in a word, with the age of its heartbeat; a late one is loud. */
export function BotPulse({ bot }: { bot: BotRow }) {
  const now = usePulseNow();
  const at = now || Date.now();
  const pulse = now === 0 ? "unknown" : pulseOf(bot, at);
  const tone = TONES[pulse];
  const open = bot.stats.open_positions;
  const word = bot.status?.status ?? "no status";
  return (
    <span className={`flex items-center gap-1.5 whitespace-nowrap text-sm ${tone.text}`}>
      {isLoud(pulse) ? (
        <TriangleAlert size={12} aria-hidden className="shrink-0" />
      ) : (
        <span aria-hidden className={`size-1.5 shrink-0 rounded-full ${tone.dot}`} />
      )}
      <span title={bot.status?.message ?? undefined}>
        {isLoud(pulse) ? (word === "stopped" ? "stopped" : "late") : word}
        {pulse === "danger" && ` with ${open} open`}
      </span>
      <span className="num text-faint" title="Age of the last heartbeat">
        {now === 0 ? "" : age(heartbeatAge(bot, at))}
      </span>
      {eventsBehind(bot) > 0 && (
        <span
          className="num text-warn"
          title="Events recorded by the bot that are still on their way"
        >
          {count(eventsBehind(bot))} behind
        </span>
      )}
      {(bot.status?.quarantined ?? 0) > 0 && (
        <span className="num text-loss" title="Events that the server refused">
          {bot.status?.quarantined} refused
        </span>
      )}
    </span>
  );
}
