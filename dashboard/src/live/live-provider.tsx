"use client";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { api } from "@/api/client";
import { keys } from "@/api/queries/keys";
import type { Heard } from "./history";
import { applyInOrder } from "./in-order";
import { askWhileLost } from "./may-still-read";
import { rereadAfterEvents } from "./reread";
import { joinStream } from "./shared-stream";
import { onPhase, setLive } from "./use-live";

/** Queries wait this long for the stream: what is read before it begins is read again. */
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
  const inOrder = applyInOrder(client);
  const queue = batches((messages) => counted.after(inOrder.hear(messages)));
  let wasCut = false;
  const patience = setTimeout(() => setLive({ ready: true }), PATIENCE);
  const stream = joinStream(
    {
      onMessage: (message, id) => queue.push({ message, id }),
      onBegin: (id) => {
        queue.flush();
        inOrder.begin(id);
      },
      onState: (state) => {
        // A refusal is no event, so none is made up for after a cut.
        if (wasCut && state.phase === "live") {
          void client.invalidateQueries({ queryKey: keys.allErrorGroups });
        }
        wasCut = state.phase === "reconnecting" || state.phase === "offline";
        if (state.phase === "live") clearTimeout(patience);
        setLive(state.phase === "live" ? { ...state, ready: true } : state);
      },
      onReset: (id) => {
        queue.flush();
        inOrder.restart(id);
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
    inOrder.restart(null);
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
    inOrder.stop();
    counted.stop();
  };
}

/** Collects messages and hands them on once a frame, or four times a second in a hidden tab. */
function batches(hand: (messages: Heard[]) => void) {
  let waiting: Heard[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const messages = waiting;
    waiting = [];
    if (messages.length > 0) hand(messages);
  };
  return {
    push: (message: Heard): void => {
      waiting.push(message);
      timer ??= setTimeout(flush, document.hidden ? 250 : 16);
    },
    flush,
    stop: () => clearTimeout(timer),
  };
}
