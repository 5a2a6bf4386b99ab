/** The screens of the page, in the order of the top bar. */
export const SCREENS = [
  { name: "Arena", path: "/llm-bot" },
  { name: "Bot", path: "/llm-bot/bot" },
  { name: "Trade", path: "/llm-bot/trade" },
  { name: "Decision", path: "/llm-bot/decision" },
  { name: "Compare", path: "/llm-bot/compare" },
  { name: "Errors", path: "/llm-bot/errors" },
  { name: "Settings", path: "/llm-bot/settings" },
] as const;

export type Screen = (typeof SCREENS)[number];
export type ScreenName = Screen["name"];

/** The screen that an address belongs to; null for none of them. */
export function screenAt(path: string): ScreenName | null {
  const plain = path.replace(/\.html$/, "").replace(/\/+$/, "");
  return SCREENS.find((screen) => screen.path === plain)?.name ?? null;
}

/** Whether a share link of one bot, or of all (null), shows a screen. */
export function isShared(name: ScreenName, bot: string | null): boolean {
  return name !== "Errors" && name !== "Settings" && (name !== "Compare" || bot === null);
}

const withQuery = (path: string, query: Record<string, string>) =>
  `${path}?${new URLSearchParams(query)}`;

export const botHref = (id: string) => withQuery("/llm-bot/bot", { id });
export const decisionHref = (id: string) => withQuery("/llm-bot/decision", { id });
export const tradeHref = (row: { id: string; bot_id: string }) =>
  withQuery("/llm-bot/trade", { id: row.id, bot: row.bot_id });
/** Ids are put in as they are: a comma between them stays readable in the address. */
export const compareHref = (ids: readonly string[]) =>
  `/llm-bot/compare?ids=${ids.map(encodeURIComponent).join(",")}`;
