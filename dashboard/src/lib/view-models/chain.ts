import type { DecisionRow, Execution } from "@/api/types";
import { compare, parseDecimal } from "./decimal";
import { leverage, price, usd } from "./format-number";

export const SIGNAL_WORDS = {
  buy_to_enter: "BUY",
  sell_to_enter: "SELL",
  hold: "HOLD",
  close: "CLOSE",
} as const;

export type Tone = "good" | "bad" | "warn" | "plain" | "faint";

/** One of the three stages of a decision: what was asked, allowed, executed; `at` is a price. */
export type Stage = {
  word: string;
  figure: string | null;
  at?: string | null;
  /** False when the bot has not told, as old clients never do. */
  told?: false;
  why: string | null;
  tone: Tone;
};

export type Stages = { asked: Stage; allowed: Stage; executed: Stage };

/** Asked beside allowed beside executed; what is not known says so and is never assumed. */
export function stagesOf(row: DecisionRow): Stages {
  return { asked: askedOf(row), allowed: allowedOf(row), executed: executedOf(row) };
}

function entersMarket(row: DecisionRow): boolean {
  return row.signal === "buy_to_enter" || row.signal === "sell_to_enter";
}

function askedOf(row: DecisionRow): Stage {
  const known = entersMarket(row) && row.quantity_usd !== null;
  const factor = row.leverage !== null ? ` × ${quantityOf(row.leverage)}` : "";
  return {
    word: SIGNAL_WORDS[row.signal],
    figure: known ? `${usd(row.quantity_usd)}${factor}` : null,
    why: row.error ?? null,
    tone: row.error ? "bad" : "plain",
  };
}

function quantityOf(value: string): string {
  return leverage(value).replace("×", "");
}

function allowedOf(row: DecisionRow): Stage {
  const verdict = row.verdict;
  if (!verdict) return { word: "no verdict", figure: null, why: null, tone: "faint", told: false };
  const why = [verdict.rule, verdict.reason].filter(Boolean).join(": ") || null;
  if (!verdict.allowed) return { word: "rejected", figure: null, why, tone: "bad" };
  const asked = parseDecimal(verdict.asked_usd ?? row.quantity_usd);
  const allowed = parseDecimal(verdict.allowed_usd);
  if (asked && allowed && entersMarket(row) && compare(allowed, asked) < 0) {
    return { word: "resized", figure: usd(verdict.allowed_usd), why, tone: "warn" };
  }
  return { word: "allowed", figure: null, why, tone: "good" };
}

function executedOf(row: DecisionRow): Stage {
  const execution = row.execution;
  if (!execution) {
    if (row.signal === "hold")
      return { word: "nothing to do", figure: null, why: null, tone: "faint" };
    if (row.verdict && !row.verdict.allowed) {
      return { word: "not sent", figure: null, why: null, tone: "faint" };
    }
    return { word: "no report", figure: null, why: null, tone: "faint", told: false };
  }
  const at = execution.fill_price == null ? null : price(execution.fill_price);
  const figure = execution.filled_usd == null ? null : usd(execution.filled_usd);
  const why = execution.error ?? null;
  const [word, tone] = EXECUTIONS[execution.status];
  return { word, figure, at, why, tone };
}

const EXECUTIONS: Record<Execution["status"], [string, Tone]> = {
  executed: ["filled", "good"],
  partial: ["partly filled", "warn"],
  rejected: ["order rejected", "bad"],
  skipped: ["skipped", "faint"],
  pending: ["pending", "warn"],
  unknown: ["outcome unknown", "warn"],
};
