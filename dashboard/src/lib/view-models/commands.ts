import type { BotRow } from "@/api/types";
import { botName } from "./bots";
import { botHref, compareHref, SCREENS } from "./screens";
import { allTags, tagsOf } from "./tags";

/** What a command of the palette does: goes somewhere, or does something to the page. */
export type CommandAction =
  | { go: string }
  | { newest: "trade" | "decision" }
  | { toggle: "zone" | "theme" | "colours" | "motion" | "density" }
  | { run: "help" | "copy-link" | "picture" };

export type Command = {
  id: string;
  group: "Screens" | "Bots" | "Tags" | "Coins" | "Page";
  text: string;
  hint?: string;
  action: CommandAction;
};

const PAGE: readonly Command[] = [
  ["zone", "Times in UTC or local", { toggle: "zone" }],
  ["theme", "Dark or light", { toggle: "theme" }],
  ["colours", "Colours for every colour vision", { toggle: "colours" }],
  ["motion", "Motion on or off", { toggle: "motion" }],
  ["density", "Rows comfortable or compact", { toggle: "density" }],
  ["copy-link", "Copy the link to what is shown", { run: "copy-link" }],
  ["picture", "Save the chart as PNG", { run: "picture" }],
  ["help", "Keys", { run: "help" }],
].map(([id, text, action]) => ({ id, group: "Page", text, action }) as Command);

/** Every command there is for these bots. */
export function commandsOf(bots: readonly BotRow[]): Command[] {
  const leader = bots[0];
  const screens = SCREENS.map(({ name, path }): Command => {
    const id = `screen-${name}`;
    const newest = name === "Trade" ? "trade" : name === "Decision" ? "decision" : null;
    if (newest) {
      return { id, group: "Screens", text: name, hint: "the newest", action: { newest } };
    }
    if (name === "Bot" && leader) {
      const hint = botName(leader);
      return { id, group: "Screens", text: name, hint, action: { go: botHref(leader.id) } };
    }
    if (name === "Compare" && bots.length > 1) {
      const go = compareHref(bots.slice(0, 4).map((bot) => bot.id));
      return { id, group: "Screens", text: name, action: { go } };
    }
    return { id, group: "Screens", text: name, action: { go: path } };
  });
  const named = bots.map(
    (bot): Command => ({
      id: `bot-${bot.id}`,
      group: "Bots",
      text: botName(bot),
      hint: [bot.decider, ...tagsOf(bot)].filter(Boolean).join(" · ") || undefined,
      action: { go: botHref(bot.id) },
    }),
  );
  const coins = [...new Set(bots.flatMap((bot) => bot.status?.coins ?? []))].sort().map(
    (coin): Command => ({
      id: `coin-${coin}`,
      group: "Coins",
      text: coin,
      hint: "decisions",
      action: { go: `/llm-bot?q=${encodeURIComponent(coin)}` },
    }),
  );
  const tags = allTags(bots).map(
    ({ tag, bots: n }): Command => ({
      id: `tag-${tag}`,
      group: "Tags",
      text: tag,
      hint: n === 1 ? "1 bot" : `${n} bots`,
      action: { go: `/llm-bot?tags=${encodeURIComponent(tag)}` },
    }),
  );
  return [...screens, ...named, ...tags, ...coins, ...PAGE];
}

/** How well a command fits what was typed: the less the better, null when it does not. */
function fit({ text, hint = "" }: Command, wanted: string): number | null {
  const words = `${text} ${hint}`.toLowerCase();
  if (words.startsWith(wanted)) return 0;
  const start = words.split(/[\s-]+/).findIndex((word) => word.startsWith(wanted));
  if (start !== -1) return 1 + start;
  if (words.includes(wanted)) return 20;
  let from = 0;
  for (const letter of wanted) {
    from = words.indexOf(letter, from) + 1;
    if (from === 0) return null;
  }
  return 40;
}

/** The commands that fit every word typed, best first; all of them for nothing. */
export function findCommands(commands: readonly Command[], typed: string): Command[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return commands
    .map((command, index) => {
      const fits = wanted.map((word) => fit(command, word));
      const missed = fits.some((one) => one === null);
      return { command, index, score: missed ? null : Math.max(0, ...fits.map((one) => one ?? 0)) };
    })
    .filter((one) => one.score !== null)
    .sort((a, b) => (a.score ?? 0) - (b.score ?? 0) || a.index - b.index)
    .map((one) => one.command);
}
