"use client";
import { History, Hourglass, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import type { BotRow } from "@/api/types";
import { setLive, useResetAt } from "@/live/use-live";
import { usePrefs } from "@/prefs/use-prefs";
import { usePulseNow } from "@/prefs/use-pulse-now";
import { useFleet } from "@/queries/use-fleet";
import { alarmsOf, listed } from "@/shape/alarms";
import { botName } from "@/shape/bots";
import { count } from "@/shape/format-number";
import { age, clock, zoneLabel } from "@/shape/format-time";
import { eventsBehind, heartbeatAge } from "@/shape/staleness";
import { TabSigns } from "./tab-signs";

/** What must not be missed, on every screen: bots gone quiet, records on their way, a new start. */
export function Notices() {
  const { bots } = useFleet();
  const now = usePulseNow();
  const resetAt = useResetAt();
  const { zone } = usePrefs();
  const alarms = alarmsOf(bots, now);
  const { danger, late, behind } = alarms;
  const open = danger.reduce((sum, bot) => sum + bot.stats.open_positions, 0);
  return (
    <>
      <TabSigns alarms={alarms} />
      {danger.length > 0 && (
        <Bar
          tone="bg-loss text-bg font-semibold"
          icon={<TriangleAlert size={15} aria-hidden />}
          role="alert"
        >
          <span>
            {listed(danger.map(botName))} {danger.length === 1 ? "gives" : "give"} no sign of life
            and {danger.length === 1 ? "holds" : "hold"} {count(open)} open{" "}
            {open === 1 ? "position" : "positions"}
          </span>
          <Since bots={danger} now={now} />
        </Bar>
      )}
      {late.length > 0 && (
        <Bar tone="text-warn" icon={<TriangleAlert size={14} aria-hidden />} role="status">
          <span>
            {listed(late.map(botName))} {late.length === 1 ? "is" : "are"} late, without open
            positions
          </span>
          <Since bots={late} now={now} />
        </Bar>
      )}
      {behind.length > 0 && (
        <Bar tone="text-warn" icon={<Hourglass size={14} aria-hidden />} role="status">
          {listed(
            behind.map((bot) => `${botName(bot)} is ${count(eventsBehind(bot))} events behind`),
          )}
          : what is shown of {behind.length === 1 ? "it" : "them"} is not the latest.
        </Bar>
      )}
      {resetAt !== null && (
        <Bar tone="text-warn" icon={<History size={14} aria-hidden />} role="status">
          The server no longer had the events since this page was last connected; everything was
          read again at {clock(resetAt, zone)} {zoneLabel(resetAt, zone)}.
          <button
            type="button"
            aria-label="Dismiss"
            onClick={() => setLive({ resetAt: null })}
            className="target ml-auto text-muted hover:text-text"
          >
            <X size={13} aria-hidden className="mx-auto" />
          </button>
        </Bar>
      )}
    </>
  );
}

/** How long the longest of them has been quiet. */
function Since({ bots, now }: { bots: readonly BotRow[]; now: number }) {
  const ages = bots.map((bot) => heartbeatAge(bot, now) ?? 0);
  return (
    // Hidden from readers of the screen, which would speak it each second.
    <span aria-hidden className="num ml-auto" title="Since the last heartbeat">
      {age(Math.max(...ages))}
    </span>
  );
}

type BarProps = { tone: string; icon: ReactNode; role: "alert" | "status"; children: ReactNode };

function Bar({ tone, icon, role, children }: BarProps) {
  return (
    <div
      role={role}
      className={`flex min-h-8 items-center gap-2 border-b px-3 py-1 text-sm ${tone}`}
    >
      {icon}
      {children}
    </div>
  );
}
