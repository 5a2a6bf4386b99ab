import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Range } from "@/api/types";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** Equity of one bot; the stream adds to it as it does to that of all. */
export function useBotEquity(range: Range, bot: string) {
  return useQuery({
    queryKey: keys.botEquity(range, bot),
    enabled: useStreamReady(),
    placeholderData: keepPreviousData,
    queryFn: ({ signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/equity", { signal, params: { query: { range, bots: bot } } }),
        queryKey,
      ),
  });
}
