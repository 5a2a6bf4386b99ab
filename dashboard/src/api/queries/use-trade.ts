import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** One position with its fills and funding; ids of positions are only unique within their bot. */
export function useTrade(bot: string | null, id: string | null) {
  const ready = useStreamReady();
  return useQuery({
    queryKey: keys.trade(bot ?? "", id ?? ""),
    enabled: ready && Boolean(bot) && Boolean(id),
    queryFn: ({ signal, queryKey }) => {
      const query = { bot: bot ?? "", id: id ?? "" };
      return unwrap(api.GET("/api/llm-bot/trade", { signal, params: { query } }), queryKey);
    },
  });
}
