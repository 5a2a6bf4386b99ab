import type { EquitySeries, Hold } from "@/api/types";
import { divide, multiply, parseDecimal, toText } from "./decimal";

/** What the line of a coin begins with, in USD. */
const STAKE = "10000";

export const holdId = (coin: string) => `hold:${coin}`;
export const holdName = (coin: string) => `hold ${coin}`;

/** The equity of who put 10,000 USD into a coin at its first price, before fees and funding. */
export function holdSeries(hold: Hold | undefined): EquitySeries | null {
  const begin = parseDecimal(hold?.begin);
  const stake = parseDecimal(STAKE);
  if (!hold || !begin || !stake || begin.units <= 0n) return null;
  const points = hold.points.flatMap(({ time, price }) => {
    const now = parseDecimal(price);
    const worth = now && divide(multiply(stake, now), begin);
    if (!worth) return [];
    const equity = toText(worth);
    return [{ time, equity, low: equity, high: equity }];
  });
  const id = holdId(hold.coin);
  return { bot_id: id, bot_name: holdName(hold.coin), mode: "simulated", points };
}

/** The coins that the bots say they trade, each once, by name. */
export function coinsOf(bots: readonly { status?: { coins?: readonly string[] | null } | null }[]) {
  return [...new Set(bots.flatMap((bot) => bot.status?.coins ?? []))].sort();
}
