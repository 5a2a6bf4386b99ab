"use client";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import type { LiveMessage } from "@/api/types";
import { keys } from "@/queries/keys";
import { applyMessages } from "./apply";
import { changesTotals } from "./batch";
import { joinStream } from "./shared-stream";
import { setLive } from "./use-live";

/** Queries wait this long for the stream, so that nothing falls between reading and streaming. */
const PATIENCE = 1500;
/** Totals that only the server can count are read again at most this often, after events. */
const FOLLOWUP = 3000;

/** Joins the stream that all tabs share and writes what it brings into the query cache. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  useEffect(() => startLive(client), [client]);
  return children;
}

function startLive(client: QueryClient): () => void {
  const totals = rereadTotals(client);
  const queue = batches((messages) => {
    applyMessages(client, messages);
    if (changesTotals(messages)) totals.soon();
  });
  const patience = setTimeout(() => setLive({ ready: true }), PATIENCE);
  const stream = joinStream(
    {
      onMessage: queue.push,
      onState: (state) => setLive(state.phase === "live" ? { ...state, ready: true } : state),
      onReset: () => {
        setLive({ resetAt: Date.now() });
        void client.invalidateQueries();
      },
    },
    (way) => setLive({ way }),
  );
  const wake = () => stream.retry();
  // A page that comes back from the browser's memory has heard nothing meanwhile.
  const shown = (event: PageTransitionEvent) => {
    if (!event.persisted) return;
    stream.retry();
    void client.invalidateQueries();
  };
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", shown);
  return () => {
    window.removeEventListener("online", wake);
    window.removeEventListener("pageshow", shown);
    clearTimeout(patience);
    stream.close();
    queue.stop();
    totals.stop();
  };
}

/** Collects messages and hands them on once a frame, or four times a second in a hidden tab. */
function batches(flush: (messages: LiveMessage[]) => void) {
  let waiting: LiveMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    const messages = waiting;
    waiting = [];
    flush(messages);
  };
  return {
    push: (message: LiveMessage): void => {
      waiting.push(message);
      timer ??= setTimeout(run, document.hidden ? 250 : 16);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Reads the bots' totals again because of events: the first at once, then at most so often. */
function rereadTotals(client: QueryClient) {
  let due = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    if (!due) return;
    due = false;
    void client.invalidateQueries({ queryKey: keys.bots });
    timer = setTimeout(run, FOLLOWUP);
  };
  return {
    soon: () => {
      due = true;
      if (timer === undefined) run();
    },
    stop: () => clearTimeout(timer),
  };
}
