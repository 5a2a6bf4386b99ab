import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { serverNow } from "@/api/clock";
import { type ErrorFilter, sinceOf } from "@/lib/view-models/error-groups";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** What went wrong, grouped by the server into one row for each cause. */
export function useErrorGroups(filter: ErrorFilter) {
  return useQuery({
    queryKey: keys.errorGroups(filter),
    enabled: useStreamReady(),
    placeholderData: keepPreviousData,
    queryFn: async ({ signal, queryKey }) => {
      const { kind, bot, since } = filter;
      const from = sinceOf(since, serverNow());
      const query = { kind: kind ?? undefined, bot: bot ?? undefined, since: from ?? undefined };
      return unwrap(api.GET("/api/llm-bot/errors/groups", { signal, params: { query } }), queryKey);
    },
  });
}
