import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Range } from "@/api/types";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** What tells bots apart: their settings, coins, and where they agreed. */
export function useComparison(ids: readonly string[], range: Range) {
  const ready = useStreamReady();
  return useQuery({
    queryKey: keys.comparison(ids, range),
    enabled: ready && ids.length > 1,
    placeholderData: keepPreviousData,
    queryFn: ({ signal, queryKey }) => {
      const query = { ids: ids.join(","), range };
      return unwrap(api.GET("/api/llm-bot/compare", { signal, params: { query } }), queryKey);
    },
  });
}
