import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** Figures of the named bots, or of all, as the server's metrics count them. */
export function useMetrics(bots: readonly string[] | null) {
  return useQuery({
    queryKey: keys.metrics(bots),
    enabled: useStreamReady(),
    placeholderData: keepPreviousData,
    queryFn: async ({ signal, queryKey }) => {
      const query = { bots: bots?.join(",") };
      const answer = api.GET("/api/llm-bot/metrics", { signal, params: { query } });
      return (await unwrap(answer, queryKey)).items;
    },
  });
}
