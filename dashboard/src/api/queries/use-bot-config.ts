import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** How a bot is set up, as far as its records tell. */
export function useBotConfig(bot: string) {
  return useQuery({
    queryKey: keys.botConfig(bot),
    enabled: useStreamReady(),
    queryFn: async ({ signal, queryKey }) => {
      const query = { ids: bot };
      const comparison = await unwrap(
        api.GET("/api/llm-bot/compare", { signal, params: { query } }),
        queryKey,
      );
      return comparison.configs.find((one) => one.bot_id === bot)?.items ?? {};
    },
  });
}
