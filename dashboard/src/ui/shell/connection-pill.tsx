"use client";
import { useNow } from "@/lib/prefs/use-now";
import { age } from "@/lib/view-models/format-time";
import { useLastEventAt, useLostAt, usePhase } from "@/live/use-live";

const PHASES = {
  live: { word: "Connected", dot: "bg-gain", tone: "" },
  connecting: { word: "Connecting", dot: "border border-muted", tone: "text-muted" },
  reconnecting: { word: "Reconnecting", dot: "bg-warn animate-breathe", tone: "text-warn" },
  offline: { word: "Offline", dot: "border-2 border-loss", tone: "text-loss" },
} as const;

/** Whether the page is connected, and how old the last word from the server is. */
export function ConnectionPill() {
  const phase = usePhase();
  const lastEventAt = useLastEventAt();
  const lostAt = useLostAt();
  useNow();
  const { word, dot, tone } = PHASES[phase];
  const since = phase === "live" ? lastEventAt : (lostAt ?? lastEventAt);
  return (
    <span className={`inline-flex items-center gap-1.5 text-sm ${tone}`} data-phase={phase}>
      <span aria-hidden className={`size-2 rounded-full ${dot}`} />
      <span role="status">{word}</span>
      {since !== null && (
        <span className="num inline-block text-faint sm:min-w-12" title="Age of the last event">
          {age(Date.now() - since)}
        </span>
      )}
    </span>
  );
}
