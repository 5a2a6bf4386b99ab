import type { FeedFilter } from "./filter";

/** The decisions of one bot: all of them, or its entries and exits alone. */
export function feedOf(bot: string, trades: boolean): FeedFilter {
  return { bot, coin: null, signal: null, trades };
}
