import type { LiveMessage } from "@/api/types";
import { compareCursors } from "./cursors";

/** A message with the id of the stream after it. */
export type Heard = { id: string; message: LiveMessage };

/** So many messages are kept: an answer that took longer than these is read again. */
const MOST = 2000;

/** They come with the id of the event before them, and are none that an answer could have. */
const NO_EVENTS: ReadonlySet<string> = new Set(["log", "rejected"]);

/** The newest messages of the stream in its order, to find what came after a cursor. */
export function createHistory(most: number = MOST) {
  /** What came up to here is not in `kept`; null before anything was heard. */
  let start: string | null = null;
  let kept: Heard[] = [];

  const newest = () => kept.at(-1)?.id ?? start;

  /** The place of a cursor's successor among the kept; null if it is not known. */
  const placeAfter = (cursor: string): number | null => {
    if (start === null) return null;
    const fromStart = compareCursors(cursor, start);
    if (fromStart !== null) {
      if (fromStart < 0) return null;
      const place = kept.findIndex(({ id }) => (compareCursors(id, cursor) ?? 1) > 0);
      return place < 0 ? kept.length : place;
    }
    const place = kept.findLastIndex(({ id }) => id === cursor);
    return place < 0 ? null : place + 1;
  };

  return {
    newest,
    /** The stream begins after `id`. False where it goes on from what was heard, true if anew. */
    begin: (id: string): boolean => {
      const last = newest();
      if (last !== null && (compareCursors(id, last) ?? 0) <= 0) return false;
      start = id;
      kept = [];
      return true;
    },
    /** Nothing is known any more of what was heard before `id`; null: where that is, neither. */
    restart: (id: string | null): void => {
      start = id;
      kept = [];
    },
    /** Keeps messages in their order; gives those that were not heard before. */
    push: (messages: readonly Heard[]): Heard[] => {
      const fresh: Heard[] = [];
      for (const one of messages) {
        const isEvent = !NO_EVENTS.has(one.message.kind);
        const last = newest();
        if (isEvent && last !== null && (compareCursors(one.id, last) ?? 1) <= 0) continue;
        fresh.push(one);
        if (!isEvent) continue;
        if (start === null) start = one.id;
        else kept.push(one);
      }
      const over = kept.length - most;
      if (over > 0) {
        start = kept[over - 1]?.id ?? start;
        kept = kept.slice(over);
      }
      return fresh;
    },
    /** What was heard after a cursor; null if it does not go back that far. */
    after: (cursor: string): Heard[] | null => {
      const place = placeAfter(cursor);
      return place === null ? null : kept.slice(place);
    },
    hasBegun: () => start !== null,
  };
}
