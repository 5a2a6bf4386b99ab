import type { BotRow } from "@/api/types";
import { botName, botReturn } from "./bots";
import { compare, parseDecimal } from "./decimal";
import { uptimeOf } from "./uptime";

export const SORTS = [
  "return",
  "total",
  "equity",
  "drawdown",
  "sharpe",
  "trades",
  "fees",
  "cost",
  "uptime",
  "name",
] as const;
export type Sort = (typeof SORTS)[number];

function money(a: string | null | undefined, b: string | null | undefined): number {
  const left = parseDecimal(a);
  const right = parseDecimal(b);
  if (!left || !right) return left ? -1 : right ? 1 : 0;
  return compare(right, left);
}

/** Uptime up to the last heartbeat, so that the order does not turn with the clock. */
function steadiness(bot: BotRow): number {
  return uptimeOf(bot, 0)?.fraction ?? -1;
}

const BY: Record<Sort, (a: BotRow, b: BotRow) => number> = {
  return: (a, b) => money(botReturn(a), botReturn(b)),
  total: (a, b) => money(botReturn(a), botReturn(b)),
  equity: (a, b) => money(a.account?.equity_usd, b.account?.equity_usd),
  drawdown: (a, b) => money(a.stats.max_drawdown, b.stats.max_drawdown),
  sharpe: (a, b) => (b.sharpe ?? Number.NEGATIVE_INFINITY) - (a.sharpe ?? Number.NEGATIVE_INFINITY),
  trades: (a, b) => b.stats.closed_positions - a.stats.closed_positions,
  fees: (a, b) => money(a.stats.fees_usd, b.stats.fees_usd),
  cost: (a, b) => money(a.stats.model_cost_usd, b.stats.model_cost_usd),
  uptime: (a, b) => steadiness(b) - steadiness(a),
  name: (a, b) => botName(a).localeCompare(botName(b)),
};

/**
 * Bots in order: best or largest first, the unknown last, ties by name and id. `returns` are
 * those over the range that is shown; without them a return is that since the deposits.
 */
export function sortBots(
  bots: readonly BotRow[],
  by: Sort,
  returns?: ReadonlyMap<string, string>,
): BotRow[] {
  const ranged = (a: BotRow, b: BotRow) => money(returns?.get(a.id), returns?.get(b.id));
  const first = by === "return" && returns ? ranged : BY[by];
  return [...bots].sort((a, b) => first(a, b) || BY.name(a, b) || (a.id < b.id ? -1 : 1));
}
