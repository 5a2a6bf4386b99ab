"use client";
import { useSyncExternalStore } from "react";

const KEY = "motherhaven-acknowledged";
/** Older acknowledgements are forgotten: what they were of is long over. */
const KEPT = 500;
const listeners = new Set<() => void>();
const NONE: readonly string[] = [];
let kept: readonly string[] | null = null;

function read(): readonly string[] {
  if (kept) return kept;
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    kept = Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : [];
  } catch {
    kept = [];
  }
  return kept;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Acknowledges an alert in this browser, or takes that back. */
export function acknowledge(key: string, to: boolean): void {
  const others = read().filter((one) => one !== key);
  kept = (to ? [...others, key] : others).slice(-KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage it holds until the page is left.
  }
  for (const each of listeners) each();
}

/** The keys of the alerts that were acknowledged in this browser. */
export function useAcknowledged(): readonly string[] {
  return useSyncExternalStore(subscribe, read, () => NONE);
}
