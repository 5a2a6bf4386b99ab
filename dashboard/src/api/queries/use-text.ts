import { useInfiniteQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { TextField } from "@/api/types";
import { keys } from "./keys";

/** Characters in one part of a long text. */
export const PART = 65_536;

/** A long text of a decision, part by part, read only when asked for. */
export function useText(id: string, field: TextField, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: keys.text(id, field),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/llm-bot/text", {
          signal,
          params: { query: { id, field, offset: pageParam, limit: PART } },
        }),
      ),
    getNextPageParam: (slice) => {
      // Offsets are counted in characters by the server, so code points, not UTF-16 units.
      const end = slice.offset + [...slice.text].length;
      return end < slice.total && slice.text !== "" ? end : null;
    },
  });
}
