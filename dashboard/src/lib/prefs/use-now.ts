"use client";
import { useSyncExternalStore } from "react";
import { serverNow } from "@/api/clock";

const listeners = new Set<() => void>();
let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = serverNow();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function snapshot(): number {
  if (now === 0) now = serverNow();
  return now;
}

/** The time by the server's clock, one tick a second for all that shows an age. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot, () => 0);
}
