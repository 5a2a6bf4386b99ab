import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Range } from "@/api/types";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

const MINUTE = 60_000;

/** What a coin cost over a range, as bots recorded it; asked again each minute. */
export function useHold(coin: string | null, range: Range) {
  return useQuery({
    queryKey: keys.hold(coin ?? "", range),
    enabled: useStreamReady() && coin !== null,
    placeholderData: keepPreviousData,
    refetchInterval: MINUTE,
    queryFn: ({ signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/hold", { signal, params: { query: { coin: coin ?? "", range } } }),
        queryKey,
      ),
  });
}
