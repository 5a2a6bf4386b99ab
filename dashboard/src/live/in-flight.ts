import type { QueryClient } from "@tanstack/react-query";
import type { LiveMessage } from "@/api/types";
import { applyMessages } from "./apply";

/**
 * What streams in while a query is being read is applied once more when the answer is there: the
 * server may have read before the event, and the answer would take it off the screen again.
 */
export function makeUpForReads(client: QueryClient) {
  /** For each query being read, how many of the kept messages came before its reading began. */
  const begun = new Map<string, number>();
  let kept: LiveMessage[] = [];

  const done = (hash: string): LiveMessage[] => {
    const missed = kept.slice(begun.get(hash) ?? kept.length);
    begun.delete(hash);
    if (begun.size === 0) kept = [];
    return missed;
  };
  const stop = client.getQueryCache().subscribe((event) => {
    const hash = event.query.queryHash;
    if (event.type === "removed") done(hash);
    if (event.type !== "updated") return;
    const { action } = event;
    if (action.type === "fetch" && !begun.has(hash)) begun.set(hash, kept.length);
    if (action.type === "error") done(hash);
    if (action.type === "success" && !action.manual) {
      const missed = done(hash);
      if (missed.length > 0) queueMicrotask(() => applyMessages(client, missed));
    }
  });
  return {
    heard: (messages: readonly LiveMessage[]): void => {
      if (begun.size > 0) kept.push(...messages);
    },
    stop,
  };
}
