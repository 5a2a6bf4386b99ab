"use client";
import { useSyncExternalStore } from "react";
import type { Zone } from "@/shape/format-time";

export type Theme = "dark" | "light";
export type Prefs = { zone: Zone; theme: Theme };

const KEY = "motherhaven";
const initial: Prefs = { zone: "utc", theme: "dark" };
const listeners = new Set<() => void>();
let prefs: Prefs | null = null;

/** What theme.js has put on the page before the first paint, and the zone chosen last. */
function read(): Prefs {
  const theme = document.documentElement.dataset.theme === "light" ? "light" : "dark";
  const kept = readKept();
  return { theme, zone: kept.zone === "local" ? "local" : "utc" };
}

function readKept(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Changes a preference of this browser; nothing leaves it. */
export function setPrefs(change: Partial<Prefs>): void {
  prefs = { ...(prefs ?? read()), ...change };
  if (change.theme) document.documentElement.dataset.theme = change.theme;
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readKept(), ...change }));
  } catch {
    // Storage may be forbidden: the choice then holds until the page is left.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function snapshot(): Prefs {
  prefs ??= read();
  return prefs;
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(subscribe, snapshot, () => initial);
}
