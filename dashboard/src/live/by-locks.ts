import { createHub, hear, type Member, type ToTab } from "./hub";
import type { Stream, StreamEvents } from "./stream";

export const LOCK = "motherhaven-live";

type ToLeader = { ask: "state" | "retry" };
type Word = ToTab | ToLeader;

/** What is needed of a BroadcastChannel; tests bring their own. */
export type Channel = {
  onmessage: ((event: MessageEvent<Word>) => void) | null;
  postMessage(word: Word): void;
  close(): void;
};

export type Means = {
  channel: Channel;
  /** Calls `lead` once this tab holds the lock, and holds it until `release` is called. */
  hold: (lead: () => void) => () => void;
  open: (events: StreamEvents, after: string) => Stream;
};

/**
 * Without a shared worker one tab leads: it has the stream and tells the others. When it goes,
 * the next one to get the lock leads, from the last id that it heard, so that nothing is missed.
 */
export function joinByLocks(means: Means, events: StreamEvents): Stream {
  const { channel } = means;
  let lastId = "";
  let leading = false;
  const self: Member = (word) => {
    lastId = word.id || lastId;
    hear(word, events);
  };
  const others: Member = (word) => channel.postMessage(word);
  const hub = createHub((heard) => means.open(heard, lastId));

  channel.onmessage = ({ data }) => {
    if ("say" in data) {
      if (!leading) self(data);
    } else if (leading) {
      if (data.ask === "retry") hub.retry();
      else hub.join(others);
    }
  };
  channel.postMessage({ ask: "state" });
  const release = means.hold(() => {
    leading = true;
    hub.join(self);
    hub.join(others);
  });
  return {
    close: () => {
      release();
      hub.leave(self);
      hub.leave(others);
      channel.close();
    },
    retry: () => (leading ? hub.retry() : channel.postMessage({ ask: "retry" })),
  };
}
