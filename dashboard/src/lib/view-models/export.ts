export type Exported = "decisions" | "trades" | "equity" | "errors";

/** Where a list can be had as a file. */
export function exportHref(
  what: Exported,
  format: "csv" | "json",
  bot: string | null,
  tags: readonly string[] = [],
): string {
  const query = new URLSearchParams({ what, format });
  if (bot !== null) query.set("bot", bot);
  if (tags.length > 0) query.set("tags", tags.join(","));
  return `/api/llm-bot/export?${query}`;
}
