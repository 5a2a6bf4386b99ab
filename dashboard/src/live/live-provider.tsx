"use client";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { api } from "@/api/client";
import { keys } from "@/api/queries/keys";
import type { LiveMessage } from "@/api/types";
import { applyMessages } from "./apply";
import { batchOf } from "./batch";
import { makeUpForReads } from "./in-flight";
import { askWhileLost } from "./may-still-read";
import { rereadAfterEvents } from "./reread";
import { joinStream } from "./shared-stream";
import { onPhase, setLive } from "./use-live";

/** Queries wait this long for the stream, so that nothing falls between reading and streaming. */
const PATIENCE = 1500;

/** Joins the stream that all tabs share and writes what it brings into the query cache. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  useEffect(() => startLive(client), [client]);
  useEffect(() => onPhase(askWhileLost(() => api.GET("/api/llm-bot/session"))), []);
  return children;
}

function startLive(client: QueryClient): () => void {
  const counted = rereadAfterEvents(client);
  const reads = makeUpForReads(client);
  const queue = batches((messages) => {
    applyMessages(client, messages);
    reads.heard(messages);
    counted.after(batchOf(messages));
  });
  let wasCut = false;
  let readEarly = false;
  const patience = setTimeout(() => {
    readEarly = true;
    setLive({ ready: true });
  }, PATIENCE);
  const stream = joinStream(
    {
      onMessage: queue.push,
      onState: (state) => {
        // A refusal is no event, so none is made up for after a cut.
        if (wasCut && state.phase === "live") {
          void client.invalidateQueries({ queryKey: keys.allErrorGroups });
        }
        wasCut = state.phase === "reconnecting" || state.phase === "offline";
        if (state.phase === "live") {
          clearTimeout(patience);
          // What was read before the stream began lacks the events in between.
          if (readEarly) void client.invalidateQueries();
          readEarly = false;
        }
        setLive(state.phase === "live" ? { ...state, ready: true } : state);
      },
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
    reads.stop();
    counted.stop();
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
