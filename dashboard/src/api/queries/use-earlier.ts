import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { DecisionDetail } from "@/api/types";
import { keys } from "./keys";

/** The decision before this one, of the same bot and in the same coin; null for the first. */
export function useEarlier({ id, bot_id, coin, cursor }: DecisionDetail) {
  return useQuery({
    queryKey: keys.earlier(id),
    queryFn: async ({ signal }) => {
      const query = { bot: bot_id, coin, cursor, limit: 1 };
      const page = await unwrap(api.GET("/api/llm-bot/feed", { signal, params: { query } }));
      return page.items[0] ?? null;
    },
  });
}
