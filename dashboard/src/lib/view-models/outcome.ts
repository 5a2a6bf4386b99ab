import type { Outcome, Signal } from "@/api/types";
import { signOf } from "./decimal";
import { percent } from "./format-number";

export type Move = {
  name: string;
  text: string;
  exact: string | null;
  /** For or against what was decided; null for neither. */
  way: "for" | "against" | null;
};

/** How far the coin went, hour by hour, and whether that was for or against the decision. */
export function movesOf(
  outcome: Outcome,
  { signal, time }: { signal: Signal; time: string },
  now: number,
): Move[] {
  const side = signal === "buy_to_enter" ? 1 : signal === "sell_to_enter" ? -1 : 0;
  return outcome.horizons.map(({ seconds, move }) => {
    const exact = move === null ? null : String(move);
    const sign = (signOf(exact) ?? 0) * side;
    const way = sign > 0 ? "for" : sign < 0 ? "against" : null;
    const over = now === 0 || Date.parse(time) + seconds * 1000 <= now;
    const text = exact === null && !over ? "not yet" : percent(exact);
    return { name: `after ${seconds / 3600}\u202fh`, text, exact, way };
  });
}

/** Touched, untouched, or not to be told. */
export function touchedText(touched: boolean | null): string {
  if (touched === null) return "—";
  return touched ? "touched" : "untouched";
}

/** True when nothing after the decision is known. */
export function isBlank(outcome: Outcome): boolean {
  return (
    outcome.position === null &&
    outcome.stop_touched === null &&
    outcome.target_touched === null &&
    outcome.horizons.every((one) => one.move === null)
  );
}
