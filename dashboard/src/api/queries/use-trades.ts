import { useInfiniteQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { TradeStatus } from "@/api/types";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

const PAGE = 100;

/** Positions of one status, newest first, a page at a time. */
export function useTrades(status: TradeStatus, bot: string | null = null) {
  return useInfiniteQuery({
    queryKey: keys.trades(status, bot),
    enabled: useStreamReady(),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/trades", {
          signal,
          params: {
            query: { status, bot: bot ?? undefined, cursor: pageParam ?? undefined, limit: PAGE },
          },
        }),
        queryKey,
      ),
    getNextPageParam: (page) => page.next,
  });
}
