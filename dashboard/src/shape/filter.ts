import type { BotRow, Signal } from "@/api/types";
import { botName } from "./bots";

export type FeedFilter = { bot: string | null; coin: string | null; signal: Signal | null };

const SIGNALS: Record<string, Signal> = {
  buy: "buy_to_enter",
  long: "buy_to_enter",
  sell: "sell_to_enter",
  short: "sell_to_enter",
  hold: "hold",
  close: "close",
};

/** Reads the words of the filter field: a signal, a bot by the start of its name, else a coin. */
export function parseFilter(text: string, bots: readonly BotRow[]): FeedFilter {
  const filter: FeedFilter = { bot: null, coin: null, signal: null };
  const coins = new Map(
    bots.flatMap((bot) => bot.status?.coins ?? []).map((coin) => [coin.toLowerCase(), coin]),
  );
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const lower = word.toLowerCase();
    const signal = SIGNALS[lower];
    const bot = bots.find((row) => row.id === word || botName(row).toLowerCase() === lower);
    const start = bots.find((row) => botName(row).toLowerCase().startsWith(lower));
    if (signal) filter.signal = signal;
    else if (bot) filter.bot = bot.id;
    else if (coins.has(lower)) filter.coin = coins.get(lower) ?? null;
    else if (start) filter.bot = start.id;
    else filter.coin = word.toUpperCase();
  }
  return filter;
}

/** True when a decision passes the filter. */
export function passes(
  row: { bot_id: string; coin: string; signal: Signal },
  filter: FeedFilter,
): boolean {
  return (
    (filter.bot === null || row.bot_id === filter.bot) &&
    (filter.coin === null || row.coin === filter.coin) &&
    (filter.signal === null || row.signal === filter.signal)
  );
}
