"use client";
import { useSyncExternalStore } from "react";
import type { Way } from "./shared-stream";
import type { Phase, StreamState } from "./stream";

export type Live = StreamState & {
  /** True once queries may be read without missing what streams in meanwhile. */
  ready: boolean;
  /** When history was gone and everything was read again; null when it never was. */
  resetAt: number | null;
  /** How this tab gets the stream; null before it has joined. */
  way: Way | null;
};

const initial: Live = {
  phase: "connecting",
  lastEventAt: null,
  lostAt: null,
  ready: false,
  resetAt: null,
  way: null,
};

let live = initial;
const listeners = new Set<() => void>();

export function setLive(change: Partial<Live>): void {
  live = { ...live, ...change };
  for (const listener of listeners) listener();
}

/** Calls `heard` with the phase at each change; returns what ends that. */
export function onPhase(heard: (phase: Phase) => void): () => void {
  return subscribe(() => heard(live.phase));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function useLive<T>(select: (state: Live) => T): T {
  return useSyncExternalStore(
    subscribe,
    () => select(live),
    () => select(initial),
  );
}

export const usePhase = (): Phase => useLive((state) => state.phase);
export const useLastEventAt = (): number | null => useLive((state) => state.lastEventAt);
export const useLostAt = (): number | null => useLive((state) => state.lostAt);
export const useResetAt = (): number | null => useLive((state) => state.resetAt);
export const useStreamReady = (): boolean => useLive((state) => state.ready);
export const useWay = (): Way | null => useLive((state) => state.way);
