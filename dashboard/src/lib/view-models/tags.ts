import type { BotRow } from "@/api/types";
import { botName, modesOf, type Totals, totalsOf } from "./bots";
import { type Kind, kindOf } from "./kind";

/** By what the bots are put together. */
export const PER = ["none", "tag", "model"] as const;
export type Per = (typeof PER)[number];

type Tagged = Pick<BotRow, "status">;

/** The words by which the bot's user sorts bots, as it tells them. */
export function tagsOf(bot: Tagged | undefined): readonly string[] {
  return bot?.status?.tags ?? [];
}

/** Every tag of these bots with the number of bots that have it, in order of the alphabet. */
export function allTags(bots: readonly Tagged[]): { tag: string; bots: number }[] {
  const found = new Map<string, number>();
  for (const tag of bots.flatMap(tagsOf)) found.set(tag, (found.get(tag) ?? 0) + 1);
  return [...found]
    .map(([tag, count]) => ({ tag, bots: count }))
    .sort((a, b) => a.tag.localeCompare(b.tag));
}

/** The model that decides, without its provider; the decider itself where none does. */
export function modelOf(bot: Pick<BotRow, "decider">): string {
  const decider = bot.decider ?? "";
  return decider.slice(decider.indexOf(":") + 1) || "unknown";
}

/** True when a bot has every tag that is asked for. */
export function hasTags(bot: Tagged | undefined, wanted: readonly string[]): boolean {
  const own = tagsOf(bot);
  return wanted.every((tag) => own.includes(tag));
}

/** The bots that have every tag, and in whose name, model, market or tags each word stands. */
export function foundBots(bots: readonly BotRow[], tags: readonly string[], text: string) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return bots.filter((bot) => {
    const told = [botName(bot), bot.decider, bot.market, ...tagsOf(bot)].join(" ").toLowerCase();
    return hasTags(bot, tags) && words.every((word) => told.includes(word));
  });
}

/** The tags after one was pressed. */
export function toggledTag(tags: readonly string[], tag: string): string[] {
  return tags.includes(tag) ? tags.filter((one) => one !== tag) : [...tags, tag];
}

export const UNTAGGED = "untagged";

export type BotGroup = { name: string; bots: BotRow[] };

/** The bots by tag or model, each group in the order given. A bot stands under each of its tags. */
export function groupsOf(bots: readonly BotRow[], per: Per): BotGroup[] {
  if (per === "none") return [{ name: "", bots: [...bots] }];
  const groups = new Map<string, BotRow[]>();
  for (const bot of bots) {
    const tags = tagsOf(bot);
    const names = per === "model" ? [modelOf(bot)] : tags.length > 0 ? tags : [UNTAGGED];
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), bot]);
  }
  const last = (name: string) => (per === "tag" && name === UNTAGGED ? 1 : 0);
  return [...groups]
    .map(([name, members]) => ({ name, bots: members }))
    .sort((a, b) => last(a.name) - last(b.name) || a.name.localeCompare(b.name));
}

export type GroupTotals = { key: string; name: string; kind: Kind; totals: Totals };

/** The sums of each group, apart for each kind of money: they are never added. */
export function groupTotals(groups: readonly BotGroup[]): GroupTotals[] {
  return groups.flatMap(({ name, bots }) =>
    modesOf(bots).map(({ mode }) => ({
      key: `${name} ${mode}`,
      name,
      kind: mode,
      totals: totalsOf(bots.filter((bot) => kindOf(bot) === mode)),
    })),
  );
}
