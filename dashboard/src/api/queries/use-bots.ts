import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { BotRow } from "@/api/types";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** Bots that one page shows at most; a server may have many more. */
export const MOST_BOTS = 1_000;

/** Bots with their last status, account and totals, by first sight: page after page. */
export async function readBots(signal: AbortSignal): Promise<BotRow[]> {
  const bots: BotRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await unwrap(
      api.GET("/api/llm-bot/bots", { params: { query: { cursor } }, signal }),
      keys.bots,
    );
    bots.push(...page.bots);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && bots.length < MOST_BOTS);
  return bots;
}

/** All bots, at most MOST_BOTS of them. */
export function useBots() {
  return useQuery({
    queryKey: keys.bots,
    enabled: useStreamReady(),
    queryFn: ({ signal }) => readBots(signal),
  });
}
