import { useInfiniteQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

const PAGE = 20;

/** What a bot's model answered, newest first, a page at a time; a baseline has no answers. */
export function useAnswers(bot: string) {
  return useInfiniteQuery({
    queryKey: keys.answers(bot),
    enabled: useStreamReady(),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/events", {
          signal,
          params: { query: { bot, kind: "answer", cursor: pageParam ?? undefined, limit: PAGE } },
        }),
        queryKey,
      ),
    getNextPageParam: (page) => page.next,
  });
}
