import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "./keys";

/** One decision with its chain and its neighbours. */
export function useDecision(id: string | null) {
  return useQuery({
    queryKey: keys.decision(id ?? ""),
    enabled: id !== null && id !== "",
    queryFn: ({ signal, queryKey }) =>
      unwrap(
        api.GET("/api/llm-bot/decision", { signal, params: { query: { id: id ?? "" } } }),
        queryKey,
      ),
  });
}
