import type { DecisionDetail } from "@/api/types";
import { divide, parseDecimal, subtract, toText } from "./decimal";
import { statedConfidence } from "./feed-row";
import { cost, count, duration, leverage, percent, price, UNKNOWN, usd } from "./format-number";

export type Fact = { name: string; value: string; note?: string };

/** How far a level is from a price, as a fraction of the price. */
export function distance(level: string | null | undefined, from: string | null | undefined) {
  const to = parseDecimal(level);
  const base = parseDecimal(from);
  if (!to || !base) return null;
  const fraction = divide(subtract(to, base), base);
  return fraction && toText(fraction);
}

/** What the decision planned: stake, levels and what would invalidate it. */
export function planOf(detail: DecisionDetail): Fact[] {
  const from = detail.execution?.fill_price ?? detail.mark;
  const level = (name: string, value: string | null | undefined): Fact => {
    const away = distance(value, from);
    return { name, value: price(value), note: away === null ? undefined : percent(away) };
  };
  const always: Fact[] = [
    { name: "mark", value: price(detail.mark) },
    { name: "confidence", value: percent(statedConfidence(detail), { signed: false, places: 0 }) },
  ];
  if (detail.signal === "hold" || detail.signal === "close") {
    return [...changesOf(detail, level), ...always];
  }
  return [
    { name: "margin asked", value: usd(detail.quantity_usd), note: timesOf(detail) },
    level("stop", detail.stop_loss),
    level("target", detail.profit_target),
    ...always,
  ];
}

/** What a hold moves, and the part that a close is about: they stand in the record alone. */
function changesOf(
  { signal, payload }: DecisionDetail,
  level: (name: string, value: string | null) => Fact,
): Fact[] {
  const text = (name: string) => {
    const value = payload[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : null;
  };
  if (signal === "close") {
    const part = text("close_fraction");
    return part === null
      ? []
      : [{ name: "part closed", value: percent(part, { signed: false, places: 0 }) }];
  }
  const moved = [
    ["stop moved to", text("adjusted_stop_loss")],
    ["target moved to", text("adjusted_profit_target")],
  ] as const;
  return moved.flatMap(([name, value]) => (value === null ? [] : [level(name, value)]));
}

function timesOf(detail: DecisionDetail): string | undefined {
  const shown = leverage(detail.leverage);
  return shown === UNKNOWN ? undefined : shown;
}

/** Who decided, and what it took. */
export function effortOf(detail: DecisionDetail): Fact[] {
  const cached = detail.tokens_cached != null ? `${count(detail.tokens_cached)} cached` : undefined;
  const spent = [
    { name: "tokens in", value: count(detail.tokens_in), note: cached },
    { name: "tokens out", value: count(detail.tokens_out) },
    { name: "cost", value: cost(detail.cost_usd) },
  ];
  return [
    { name: "model", value: detail.model ?? UNKNOWN },
    ...(detail.decider?.endsWith(`:${detail.model}`)
      ? []
      : [{ name: "decider", value: detail.decider ?? UNKNOWN }]),
    ...(isCountedElsewhere(detail) ? [{ name: "cost", value: "with its first coin" }] : spent),
    { name: "latency", value: duration(detail.latency_ms) },
  ];
}

/** One answer decides on several coins; its tokens and cost stand with the first, counted once. */
function isCountedElsewhere(detail: DecisionDetail): boolean {
  const isModel = detail.decider?.includes(":") ?? false;
  return (
    isModel && detail.tokens_in == null && detail.tokens_out == null && detail.cost_usd == null
  );
}
