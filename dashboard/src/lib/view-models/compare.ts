import type { BotRow, Comparison, EquitySeries, Range } from "@/api/types";
import { count, share } from "./format-number";
import { stepText } from "./format-time";
import { type Bases, netSeries } from "./net-equity";

/** Bots that are compared at once; more lines and columns cannot be told apart. */
export const MOST = 8;

/** The bots to compare: those of the address that exist, else the first of all. */
export function chosenOf(asked: readonly string[], bots: readonly BotRow[]): string[] {
  const known = new Set(bots.map((bot) => bot.id));
  const wanted = asked.filter((id, at) => known.has(id) && asked.indexOf(id) === at);
  return (wanted.length > 0 ? wanted : bots.map((bot) => bot.id)).slice(0, MOST);
}

/** How many bots the address asks for that cannot be shown, in words; null when all can. */
export function leftOut(asked: readonly string[], bots: readonly BotRow[]): string | null {
  const known = new Set(bots.map((bot) => bot.id));
  const ids = [...new Set(asked)];
  const strange = ids.filter((id) => !known.has(id)).length;
  const found = ids.length - strange;
  const told = [
    found > MOST && `showing the first ${count(MOST)} of ${count(found)} bots`,
    strange > 0 && `${count(strange)} of the ids belong to no bot here`,
  ].filter(Boolean);
  return told.length > 0 ? told.join("; ") : null;
}

/** The choice after one bot is put in or taken out; a full one takes no more. */
export function toggled(chosen: readonly string[], id: string): string[] {
  if (chosen.includes(id)) return chosen.filter((one) => one !== id);
  return chosen.length < MOST ? [...chosen, id] : [...chosen];
}

/** The curves from the instant on at which all of them are known, net of money moved since. */
export function alignedSeries(
  series: readonly EquitySeries[],
  ids: readonly string[],
  start: string | null,
  bases: Bases = {},
): EquitySeries[] {
  const from = start === null ? Number.NEGATIVE_INFINITY : Date.parse(start);
  return ids.flatMap((id) => {
    const one = series.find((candidate) => candidate.bot_id === id);
    const points = one?.points.filter((point) => Date.parse(point.time) >= from) ?? [];
    return one && points.length > 0 ? [netSeries({ ...one, points }, bases)] : [];
  });
}

const DAY = 86_400_000;
/** Shortest first; its curves have the finest steps. The answer's start lies on a bucket. */
const REACHES: readonly (readonly [Range, number])[] = [
  ["1h", DAY / 24],
  ["1d", DAY],
  ["1w", 7 * DAY],
  ["1m", 30 * DAY],
  ["1y", 365 * DAY],
];

/**
 * The shortest range whose curves reach back to `start`, at most the one that was asked for.
 *
 * A range ends at the newest time of any bot; bots that began today beside one that runs for
 * years would have a handful of points otherwise.
 */
export function chartRange(asked: Range, start: string | null, bots: readonly BotRow[]): Range {
  if (start === null) return asked;
  const ends = bots.map((bot) =>
    Date.parse(bot.account?.time ?? bot.status?.time ?? bot.last_decision_at ?? bot.last_seen),
  );
  const back = Math.max(...ends) - Date.parse(start);
  const fits = REACHES.findIndex(([, reach]) => reach >= back);
  const most = REACHES.findIndex(([range]) => range === asked);
  if (fits < 0 || (most >= 0 && most < fits)) return asked;
  return REACHES[fits]?.[0] ?? asked;
}

/** Bots whose return counts from their equity at the common start, not from their deposits. */
export function rebased(bots: readonly BotRow[], returns: Comparison["returns"]): BotRow[] {
  const starts = new Map(returns.map((one) => [one.bot_id, one.start_equity]));
  return bots.map((bot) => ({
    ...bot,
    account: null,
    return_base_usd: starts.get(bot.id) ?? null,
  }));
}

export type ConfigRow = { name: string; differs: boolean; values: Record<string, string | null> };

/** The settings of all as rows: those that differ first, each part by name. */
export function configRows(comparison: Pick<Comparison, "configs" | "differing">): ConfigRow[] {
  const differing = new Set(comparison.differing);
  const names = new Set(comparison.configs.flatMap((config) => Object.keys(config.items)));
  for (const name of differing) names.add(name);
  const rows = [...names].sort().map((name) => ({
    name,
    differs: differing.has(name),
    values: Object.fromEntries(
      comparison.configs.map((config) => [config.bot_id, config.items[name] ?? null]),
    ),
  }));
  return [...rows.filter((row) => row.differs), ...rows.filter((row) => !row.differs)];
}

/** How often they agreed, in words; null where they never decided on the same. */
export function agreementText(agreement: Comparison["agreement"]): string | null {
  const { n, agreed, window_seconds } = agreement;
  if (n === 0) return null;
  const within = stepText(window_seconds);
  return `${share(agreed, n)} of ${count(n)} times that they decided on a coin within ${within}`;
}
