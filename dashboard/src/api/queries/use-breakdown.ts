import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** A bot's closed trades by coin, side, day of the zone, result and hold. */
export function useBreakdown(bot: string, zone: string) {
  return useQuery({
    queryKey: keys.breakdown(bot, zone),
    enabled: useStreamReady(),
    placeholderData: keepPreviousData,
    queryFn: ({ signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/breakdown", { signal, params: { query: { bot, zone } } }),
        queryKey,
      ),
  });
}
