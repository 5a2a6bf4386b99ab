import type { PositionRow } from "@/api/types";
import { compare, parseDecimal, toPixelNumber } from "./decimal";
import { distance } from "./plan";

export type Exit = {
  name: "stop" | "target" | "liquidation";
  price: string | null;
  /** From the mark to it, as a fraction of the mark; null when either is unknown. */
  away: string | null;
  /** The mark is at it or beyond. */
  reached: boolean;
};

/** Where an open position ends by itself, and how far that is from the mark. */
export function exitsOf(row: PositionRow): Exit[] {
  const below = row.side === "long";
  return [
    exit("stop", row.stop_loss, row.mark, below),
    exit("target", row.profit_target, row.mark, !below),
    exit("liquidation", row.liquidation_price, row.mark, below),
  ];
}

type Text = string | null | undefined;

function exit(name: Exit["name"], level: Text, mark: Text, below: boolean): Exit {
  const at = parseDecimal(level);
  const now = parseDecimal(mark);
  const side = at && now ? compare(now, at) : null;
  return {
    name,
    price: at ? (level ?? null) : null,
    away: distance(level, mark),
    reached: side !== null && (below ? side <= 0 : side >= 0),
  };
}

/** Whether the liquidation comes before the stop, so that the stop can never act. */
export function isStopIdle(row: PositionRow): boolean {
  const stop = parseDecimal(row.stop_loss);
  const liquidation = parseDecimal(row.liquidation_price);
  if (!stop || !liquidation) return false;
  const order = compare(stop, liquidation);
  return row.side === "long" ? order <= 0 : order >= 0;
}

export const IDLE_STOP =
  "The stop lies beyond the liquidation price: it cannot act. Close the position or lower its leverage.";

/** Where entry and mark stand between stop (0) and target (1), for drawing; null without both. */
export function courseOf(row: PositionRow): { entry: number; mark: number | null } | null {
  if (!parseDecimal(row.stop_loss) || !parseDecimal(row.profit_target)) return null;
  const stop = toPixelNumber(row.stop_loss ?? "");
  const target = toPixelNumber(row.profit_target ?? "");
  if (stop === target) return null;
  const place = (text: Text) => {
    if (!parseDecimal(text)) return null;
    return Math.min(1, Math.max(0, (toPixelNumber(text ?? "") - stop) / (target - stop)));
  };
  const entry = place(row.entry_price);
  return entry === null ? null : { entry, mark: place(row.mark) };
}
