"use client";
import { History, TriangleAlert, X } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import type { BotRow } from "@/api/types";
import { setLive, useResetAt } from "@/live/use-live";
import { usePrefs } from "@/prefs/use-prefs";
import { usePulseNow } from "@/prefs/use-pulse-now";
import { useFleet } from "@/queries/use-fleet";
import { botName } from "@/shape/bots";
import { clock, zoneLabel } from "@/shape/format-time";
import { isLoud, type Pulse, pulseOf } from "@/shape/staleness";

/** What must not be missed: bots gone quiet with open positions, and a stream that started over. */
export function Notices() {
  const { bots } = useFleet();
  const now = usePulseNow();
  const resetAt = useResetAt();
  const { zone } = usePrefs();
  const pulses = bots.map((bot): { bot: BotRow; pulse: Pulse } => ({
    bot,
    pulse: now === 0 ? "unknown" : pulseOf(bot, now),
  }));
  const endangered = pulses.filter(({ pulse }) => pulse === "danger").map(({ bot }) => bot);
  useTitle(pulses.filter(({ pulse }) => isLoud(pulse)).length);
  return (
    <>
      {endangered.length > 0 && (
        <Bar tone="text-loss" icon={<TriangleAlert size={14} aria-hidden />} role="alert">
          {endangered.map(botName).join(", ")} {endangered.length === 1 ? "gives" : "give"} no sign
          of life and {endangered.length === 1 ? "holds" : "hold"} open positions.
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

/** Bots that are late are told in the tab's title too, where a page in the background shows it. */
function useTitle(late: number): void {
  useEffect(() => {
    const plain = document.title.replace(/^\(!\) \d+ late · /, "");
    document.title = late > 0 ? `(!) ${late} late · ${plain}` : plain;
  }, [late]);
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
