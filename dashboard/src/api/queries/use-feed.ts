import { useInfiniteQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { FeedFilter } from "@/lib/view-models/filter";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

const PAGE = 100;
/** Further pages are larger: much of them folds away. */
const NEXT_PAGE = 500;

/** Decisions that pass the filter, newest first, a page at a time. */
export function useFeed(filter: FeedFilter) {
  return useInfiniteQuery({
    queryKey: keys.feed(filter),
    enabled: useStreamReady(),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/feed", {
          signal,
          params: {
            query: {
              bot: filter.bot ?? undefined,
              coin: filter.coin ?? undefined,
              signal: filter.signal ?? undefined,
              verdict: filter.verdict ?? undefined,
              executed: filter.executed || undefined,
              kind: filter.trades ? "trades" : undefined,
              cursor: pageParam ?? undefined,
              limit: pageParam ? NEXT_PAGE : PAGE,
            },
          },
        }),
        queryKey,
      ),
    getNextPageParam: (page) => page.next,
  });
}
