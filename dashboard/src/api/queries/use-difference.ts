import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { ApiError } from "@/api/error";
import type { TextField, TextSlice } from "@/api/types";
import { linesOf } from "@/lib/view-models/diff-fold";
import { diffSteps } from "@/lib/view-models/line-diff";
import { inSteps } from "./in-steps";
import { keys } from "./keys";

/** Characters of each text that are compared: what lies beyond nobody reads as a difference. */
export const COMPARED = 200_000;

/** How a text of one decision differs from that of another, worked out in short turns. */
export function useDifference(id: string, other: string, field: TextField) {
  return useQuery({
    queryKey: keys.difference(id, other, field),
    gcTime: 60_000,
    queryFn: async ({ signal }) => {
      const [before, after] = await Promise.all([
        start(other, field, signal),
        start(id, field, signal),
      ]);
      const work = diffSteps(linesOf(before.text), linesOf(after.text));
      const lines = await inSteps(work, signal);
      return { lines, isCut: Math.max(before.total, after.total) > COMPARED };
    },
  });
}

/** The start of a text; nothing where none was recorded. */
async function start(id: string, field: TextField, signal: AbortSignal): Promise<TextSlice> {
  const query = { id, field, offset: 0, limit: COMPARED };
  try {
    return await unwrap(api.GET("/api/llm-bot/text", { signal, params: { query } }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { text: "", offset: 0, total: 0 };
    throw error;
  }
}
