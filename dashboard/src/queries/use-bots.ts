import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** All bots with their last status, account and totals. */
export function useBots() {
  return useQuery({
    queryKey: keys.bots,
    enabled: useStreamReady(),
    queryFn: async ({ signal }) => (await unwrap(api.GET("/api/llm-bot/bots", { signal }))).bots,
  });
}
