"use client";
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let lit: string | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Points at a bot, in the chart or in its row: the others are dimmed in both. */
export function setLit(bot: string | null): void {
  if (bot === lit) return;
  lit = bot;
  for (const each of listeners) each();
}

/** The bot that is pointed at; null for none. */
export function useLit(): string | null {
  return useSyncExternalStore(
    subscribe,
    () => lit,
    () => null,
  );
}
