import type { BotRow, DecisionRow, Signal } from "@/api/types";
import { botName } from "./bots";

export type FeedFilter = {
  bot: string | null;
  coin: string | null;
  signal: Signal | null;
  /** Entries and closes alone, no holds. */
  trades?: boolean;
  verdict?: Verdict | null;
  /** Filled at the exchange, at least in part. */
  executed?: boolean;
};

/** What the guard said. */
type Verdict = "allowed" | "rejected";

/** How far a decision came: past the guard or not, and to a fill. */
export const OUTCOMES = ["any", "allowed", "rejected", "executed"] as const;
export type OutcomeWanted = (typeof OUTCOMES)[number];

const SIGNALS: Record<string, Signal> = {
  buy: "buy_to_enter",
  long: "buy_to_enter",
  sell: "sell_to_enter",
  short: "sell_to_enter",
  hold: "hold",
  close: "close",
};

const DONE = new Set(["executed", "partial"]);

/**
 * Reads the words of the filter field: a signal, a verdict, "executed", a bot by the start of
 * its name, else a coin.
 */
export function parseFilter(
  text: string,
  bots: readonly BotRow[],
  trades = false,
  outcome: OutcomeWanted = "any",
): FeedFilter {
  const filter: FeedFilter = {
    bot: null,
    coin: null,
    signal: null,
    trades,
    verdict: outcome === "allowed" || outcome === "rejected" ? outcome : null,
    executed: outcome === "executed",
  };
  const coins = new Map(
    bots.flatMap((bot) => bot.status?.coins ?? []).map((coin) => [coin.toLowerCase(), coin]),
  );
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const lower = word.toLowerCase();
    const signal = SIGNALS[lower];
    const bot = bots.find((row) => row.id === word || botName(row).toLowerCase() === lower);
    const start = bots.find((row) => botName(row).toLowerCase().startsWith(lower));
    if (signal) filter.signal = signal;
    else if (lower === "allowed" || lower === "rejected") filter.verdict = lower;
    else if (lower === "executed" || lower === "filled") filter.executed = true;
    else if (bot) filter.bot = bot.id;
    else if (coins.has(lower)) filter.coin = coins.get(lower) ?? null;
    else if (start) filter.bot = start.id;
    else filter.coin = word.toUpperCase();
  }
  return filter;
}

/** True when a decision passes the filter. */
export function passes(
  row: Pick<DecisionRow, "bot_id" | "coin" | "signal" | "verdict" | "execution">,
  filter: FeedFilter,
): boolean {
  return (
    (filter.bot === null || row.bot_id === filter.bot) &&
    (filter.coin === null || row.coin === filter.coin) &&
    (filter.signal === null || row.signal === filter.signal) &&
    !((filter.trades || filter.executed) && row.signal === "hold") &&
    !(filter.executed && !DONE.has(row.execution?.status ?? "")) &&
    (filter.verdict == null || row.verdict?.allowed === (filter.verdict === "allowed"))
  );
}
