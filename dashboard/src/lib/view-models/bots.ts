import type { BotRow } from "@/api/types";
import { divide, parseDecimal, signOf, subtract, sumTexts, toText } from "./decimal";
import { type Kind, kindOf } from "./kind";

/** The bot's own name, with the end of its id where another bot has it; else of the id. */
export function botName(
  bot: { id: string; name: string | null; ambiguous?: boolean } | undefined,
): string {
  if (!bot) return "—";
  if (!bot.name) return bot.id.slice(0, 8);
  return bot.ambiguous ? `${bot.name} […${bot.id.slice(-6)}]` : bot.name;
}

/** What was paid in, in USD: as reported, else the first equity that was seen. */
export function depositsOf(bot: BotRow): string | null {
  return bot.account?.deposits_usd ?? bot.stats.first_equity ?? null;
}

/**
 * What a bot's return counts from, in USD: its first capital, moved in proportion whenever money
 * came in or went out, as the server has it; null when that is unknown.
 */
export function baseOf(bot: BotRow): string | null {
  return bot.return_base_usd;
}

/** (equity − base) ÷ base as a fraction; null when either is unknown. */
export function returnOf(equity: string | null | undefined, base: string | null): string | null {
  const now = parseDecimal(equity);
  const from = parseDecimal(base);
  // From nothing, or from debts, no share can be told.
  if (!now || !from || from.units <= 0n) return null;
  const fraction = divide(subtract(now, from), from);
  return fraction && toText(fraction);
}

/** A bot's return net of money moved in and out, as the server counts it. */
export function botReturn(bot: BotRow): string | null {
  return bot.return_fraction;
}

/** True for the bot that only buys and holds: it is drawn as what the others compare with. */
export function isBuyAndHold(bot: BotRow): boolean {
  return /buy.?and.?hold/i.test(bot.decider ?? "");
}

const SERIOUSNESS: readonly Kind[] = ["live", "shadow", "paper", "simulated", "replay", "unknown"];

/** The kinds of money present, the most serious first, with the number of bots of each. */
export function modesOf(bots: readonly BotRow[]): { mode: Kind; bots: number }[] {
  return SERIOUSNESS.map((mode) => ({
    mode,
    bots: bots.filter((bot) => kindOf(bot) === mode).length,
  })).filter((entry) => entry.bots > 0);
}

export type Totals = {
  bots: number;
  reporting: number;
  equity: string | null;
  deposits: string | null;
  totalPnl: string | null;
  return: string | null;
  unrealized: string | null;
  realized: string | null;
  modelCost: string | null;
  fees: string | null;
  open: number;
  worstDrawdown: string | null;
  worstBot: string | null;
};

/** Sums over bots of one kind of money. Bots without an account are counted, not guessed. */
export function totalsOf(bots: readonly BotRow[]): Totals {
  const reporting = bots.filter((bot) => bot.account);
  const paid = reporting.filter((bot) => depositsOf(bot) !== null);
  const based = reporting.filter((bot) => baseOf(bot) !== null);
  const equity = sumTexts(reporting.map((bot) => bot.account?.equity_usd));
  const deposits = sumTexts(paid.map(depositsOf));
  const basedEquity = sumTexts(based.map((bot) => bot.account?.equity_usd));
  const worst = bots.reduce<BotRow | null>(
    (low, bot) => (isDeeper(bot.stats.max_drawdown, low?.stats.max_drawdown) ? bot : low),
    null,
  );
  return {
    bots: bots.length,
    reporting: reporting.length,
    equity,
    deposits,
    totalPnl: sumTexts(reporting.map((bot) => bot.account?.total_pnl)),
    return: returnOf(basedEquity, sumTexts(based.map(baseOf))),
    unrealized: sumTexts(reporting.map((bot) => bot.account?.unrealized_pnl)),
    realized: sumTexts(reporting.map((bot) => bot.account?.realized_pnl)),
    modelCost: sumTexts(bots.map((bot) => bot.stats.model_cost_usd)),
    fees: sumTexts(bots.map((bot) => bot.stats.fees_usd)),
    open: bots.reduce((sum, bot) => sum + bot.stats.open_positions, 0),
    worstDrawdown: worst?.stats.max_drawdown ?? null,
    worstBot: worst?.id ?? null,
  };
}

function isDeeper(candidate: string | null | undefined, than: string | null | undefined): boolean {
  const one = parseDecimal(candidate);
  const other = parseDecimal(than);
  return one !== null && (other === null || signOf(toText(subtract(one, other))) === -1);
}
