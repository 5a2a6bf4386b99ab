import type { LiveMessage } from "@/api/types";
import type { Stream, StreamEvents, StreamState } from "./stream";

/** What the holder of the stream tells the tabs. */
export type ToTab =
  | { say: "message"; message: LiveMessage; id: string }
  | { say: "state"; state: StreamState; id: string }
  | { say: "begin"; id: string }
  | { say: "reset"; id: string };

/** What a tab tells the holder of the stream. */
export type ToHub = { say: "join" | "leave" | "retry" };

export type Member = (word: ToTab) => void;

export type Hub = {
  join: (member: Member) => void;
  leave: (member: Member) => void;
  retry: () => void;
};

/**
 * Holds one stream for many tabs: opened for the first, closed after the last. Who joins is
 * told at once where the stream is, so that everything after that reaches it.
 */
export function createHub(open: (events: StreamEvents) => Stream): Hub {
  const members = new Set<Member>();
  let stream: Stream | null = null;
  let state: StreamState = { phase: "connecting", lastEventAt: null, lostAt: null };
  let lastId = "";

  const tell = (word: ToTab) => {
    for (const member of members) member(word);
  };
  const events: StreamEvents = {
    onMessage: (message, id) => {
      lastId = id;
      tell({ say: "message", message, id });
    },
    onBegin: (id) => {
      lastId = id;
      tell({ say: "begin", id });
    },
    onReset: (id) => {
      lastId = id;
      tell({ say: "reset", id });
    },
    onState: (now) => {
      state = now;
      tell({ say: "state", state, id: lastId });
    },
  };

  return {
    join: (member) => {
      members.add(member);
      if (lastId !== "") member({ say: "begin", id: lastId });
      member({ say: "state", state, id: lastId });
      if (!stream) stream = open(events);
      else if (state.phase !== "live" && state.phase !== "connecting") stream.retry();
    },
    leave: (member) => {
      members.delete(member);
      if (members.size > 0) return;
      stream?.close();
      stream = null;
      lastId = "";
      state = { phase: "connecting", lastEventAt: null, lostAt: null };
    },
    retry: () => stream?.retry(),
  };
}

/** Hands a word of the hub on to the tab's own listeners. */
export function hear(word: ToTab, events: StreamEvents): void {
  if (word.say === "message") events.onMessage(word.message, word.id);
  else if (word.say === "state") events.onState(word.state);
  else if (word.say === "begin") events.onBegin(word.id);
  else events.onReset(word.id);
}
