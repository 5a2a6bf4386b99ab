import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "./keys";

/** What happened after a decision; it goes on, so it is read anew whenever it is looked at. */
export function useOutcome(id: string) {
  return useQuery({
    queryKey: keys.outcome(id),
    staleTime: 0,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/llm-bot/outcome", { signal, params: { query: { id } } })),
  });
}
