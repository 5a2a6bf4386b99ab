import { ArrowDown, ArrowUp, Minus, X } from "lucide-react";
import type { Signal } from "@/api/types";
import { SIGNAL_WORDS } from "@/lib/view-models/chain";

const ICONS = { buy_to_enter: ArrowUp, sell_to_enter: ArrowDown, hold: Minus, close: X } as const;

/** BUY, SELL, HOLD or CLOSE. Green and red are kept for gains and losses. */
export function SignalWord({ signal, large = false }: { signal: Signal; large?: boolean }) {
  const Icon = ICONS[signal];
  const tone = signal === "hold" ? "text-faint" : "text-text";
  return (
    <span
      className={`inline-flex items-center gap-0.5 font-semibold ${large ? "text-base" : "text-sm"} ${tone}`}
    >
      <Icon size={large ? 14 : 12} aria-hidden />
      {SIGNAL_WORDS[signal]}
    </span>
  );
}
