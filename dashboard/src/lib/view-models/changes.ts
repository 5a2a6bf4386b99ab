import type { DecisionDetail } from "@/api/types";
import { SIGNAL_WORDS, stagesOf } from "./chain";
import { statedConfidence } from "./feed-row";
import { leverage, percent, price, UNKNOWN, usd } from "./format-number";

export type Change = { name: string; before: string; after: string };

const FIELDS: readonly [name: string, of: (detail: DecisionDetail) => string][] = [
  ["signal", (one) => SIGNAL_WORDS[one.signal]],
  ["confidence", (one) => percent(statedConfidence(one), { signed: false, places: 0 })],
  ["margin asked", (one) => usd(one.quantity_usd)],
  ["leverage", (one) => leverage(one.leverage)],
  ["stop", (one) => price(one.stop_loss)],
  ["target", (one) => price(one.profit_target)],
  ["invalidated if", (one) => one.invalidation_condition || UNKNOWN],
  ["mark", (one) => price(one.mark)],
  ["guard", (one) => stagesOf(one).allowed.word],
  ["rule", (one) => one.verdict?.rule ?? UNKNOWN],
  ["executed", (one) => stagesOf(one).executed.word],
  ["error", (one) => one.error ?? UNKNOWN],
  ["model", (one) => one.model ?? UNKNOWN],
];

/** What was decided otherwise than before; ids, times and counts are left out. */
export function changesBetween(before: DecisionDetail, after: DecisionDetail): Change[] {
  return FIELDS.map(([name, of]) => ({ name, before: of(before), after: of(after) })).filter(
    (change) => change.before !== change.after,
  );
}
