import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Range } from "@/api/types";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** Equity of all bots over a range, in buckets as wide as the server finds right for it. */
export function useEquity(range: Range, wanted = true) {
  return useQuery({
    queryKey: keys.equity(range),
    enabled: useStreamReady() && wanted,
    placeholderData: keepPreviousData,
    queryFn: ({ signal, queryKey }) =>
      unwrap(api.GET("/api/llm-bot/equity", { signal, params: { query: { range } } }), queryKey),
  });
}
