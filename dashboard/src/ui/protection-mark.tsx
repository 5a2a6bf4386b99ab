"use client";
import { CircleHelp, CircleSlash, ShieldCheck, ShieldHalf, ShieldX } from "lucide-react";
import type { BotRow, PositionRow } from "@/api/types";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { type ProtectionState, toldOf } from "@/lib/view-models/protection";

const STATES = {
  protected: { icon: ShieldCheck, tone: "text-muted" },
  partly: { icon: ShieldHalf, tone: "text-warn font-semibold" },
  unprotected: { icon: ShieldX, tone: "text-loss font-semibold" },
  unknown: { icon: CircleHelp, tone: "text-warn font-semibold" },
  "not told": { icon: CircleSlash, tone: "text-faint" },
} as const;

/** How a position is protected, by word and icon; why on hover. */
export function ProtectionWord({ state, says }: { state: ProtectionState; says?: string }) {
  const { icon: Icon, tone } = STATES[state];
  return (
    <span
      title={says}
      data-protection={state}
      className={`inline-flex items-center gap-1 whitespace-nowrap text-sm ${tone}`}
    >
      <Icon size={12} aria-hidden className="shrink-0" />
      {state}
    </span>
  );
}

/** The same for an open position, by its bot's own word. */
export function ProtectionMark({ row, bot }: { row: PositionRow; bot: BotRow | undefined }) {
  const now = usePulseNow();
  return <ProtectionWord {...toldOf(row, bot, now || Date.now())} />;
}
