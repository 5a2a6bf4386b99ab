import type { QueryClient } from "@tanstack/react-query";
import { followAnswers } from "@/api/read-at";
import { announce, isPatched, patchQuery } from "./apply";
import { type Batch, batchOf } from "./batch";
import { compareCursors, isComparable } from "./cursors";
import { createHistory, type Heard } from "./history";

/** An answer that is older than all that is remembered is asked for again after so long. */
export const AGAIN_AFTER = 1000;

/**
 * Applies to each query's data exactly what streamed after it was read: every answer carries
 * its cursor, and what was heard after that is applied to it, in order, however late it comes.
 */
export function applyInOrder(client: QueryClient, most?: number) {
  const cache = client.getQueryCache();
  const history = createHistory(most);
  /** At which cursor each query's data was read; of several answers the earliest. */
  const places = new Map<string, string>();
  /** The same of the answers to a reading that is not done. */
  const reading = new Map<string, { more: boolean; place: string | undefined }>();
  const again = new Map<string, ReturnType<typeof setTimeout>>();

  const read = (hash: string) => {
    const query = cache.get(hash);
    if (query) void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  };
  const readLater = (hash: string) => {
    if (again.has(hash)) return;
    const soon = () => {
      again.delete(hash);
      read(hash);
    };
    again.set(hash, setTimeout(soon, AGAIN_AFTER));
  };
  const forget = (hash: string) => {
    places.delete(hash);
    reading.delete(hash);
    clearTimeout(again.get(hash));
    again.delete(hash);
  };
  /** Brings an answer that has just come up to what was heard. */
  const settle = (hash: string, from: string) => {
    const query = cache.get(hash);
    if (!query || !history.hasBegun()) return;
    const missed = history.after(from);
    // Figures that are only read again may be kept by the server for a while.
    if (missed === null) {
      if (isPatched(query.queryKey)) readLater(hash);
    } else patchQuery(client, query, batchOf(missed.map(({ message }) => message)));
  };
  const done = (hash: string) => {
    const { more = false, place } = reading.get(hash) ?? {};
    reading.delete(hash);
    if (place === undefined) {
      if (!more) places.delete(hash);
      return;
    }
    places.set(hash, more ? earlier(places.get(hash), place) : place);
    queueMicrotask(() => settle(hash, place));
  };

  const stop = cache.subscribe((event) => {
    const hash = event.query.queryHash;
    if (event.type === "removed") forget(hash);
    if (event.type !== "updated") return;
    const { action } = event;
    if (action.type === "fetch") {
      reading.set(hash, { more: action.meta?.fetchMore !== undefined, place: undefined });
    }
    if (action.type === "error") reading.delete(hash);
    if (action.type === "success" && !action.manual) done(hash);
  });
  followAnswers({
    answered: (hash, cursor) => {
      const now = reading.get(hash);
      if (now) now.place = earlier(now.place, cursor);
    },
    heard: () => {
      const id = history.newest();
      return id === null || isComparable(id) ? null : id;
    },
  });

  return {
    /** The stream begins after `id`, or goes on there. */
    begin: (id: string): void => {
      if (!history.begin(id)) return;
      for (const [hash, place] of places) if (history.after(place) === null) read(hash);
    },
    /** What was heard before `id` is gone; null: it is not known where the stream goes on. */
    restart: history.restart,
    /** Applies what streamed in; gives what was not heard before. */
    hear: (messages: readonly Heard[]): Batch => {
      const fresh = history.push(messages);
      const whole = batchOf(fresh.map(({ message }) => message));
      for (const query of cache.getAll()) {
        const due = dueAfter(fresh, places.get(query.queryHash));
        const batch = due === fresh ? whole : batchOf(due.map(({ message }) => message));
        patchQuery(client, query, batch);
      }
      announce(client, whole);
      return whole;
    },
    stop: (): void => {
      stop();
      followAnswers(null);
      for (const timer of again.values()) clearTimeout(timer);
    },
  };
}

/** Which of these, in the stream's order, came after a cursor. */
function dueAfter(fresh: Heard[], place: string | undefined): Heard[] {
  if (place === undefined) return fresh;
  const first = fresh.findIndex(({ id }) => (compareCursors(id, place) ?? 1) > 0);
  return first === 0 ? fresh : first < 0 ? [] : fresh.slice(first);
}

/** The earlier of two cursors; of two that cannot be compared the one that came first. */
function earlier(first: string | undefined, then: string): string {
  if (first === undefined) return then;
  return (compareCursors(then, first) ?? 1) < 0 ? then : first;
}
