"use client";
import { useSyncExternalStore } from "react";
import type { Zone } from "@/lib/view-models/format-time";

export const THEMES = ["dark", "light"] as const;
export const COLOURS = ["standard", "colour-blind"] as const;
export const MOTIONS = ["system", "reduced"] as const;
export const SIGNALS = ["off", "on"] as const;
export const DENSITIES = ["comfortable", "compact"] as const;

export type Prefs = {
  zone: Zone;
  theme: (typeof THEMES)[number];
  colours: (typeof COLOURS)[number];
  motion: (typeof MOTIONS)[number];
  density: (typeof DENSITIES)[number];
  /** A notification of the browser, and a sound, when something new is wrong. */
  notify: (typeof SIGNALS)[number];
  sound: (typeof SIGNALS)[number];
};

const KEY = "motherhaven";
const initial: Prefs = {
  zone: "utc",
  theme: "dark",
  colours: "standard",
  motion: "system",
  density: "comfortable",
  notify: "off",
  sound: "off",
};
const listeners = new Set<() => void>();
let prefs: Prefs | null = null;

/** What theme.js has put on the page before the first paint, and the zone chosen last. */
function read(): Prefs {
  const { theme, colours, motion, density } = document.documentElement.dataset;
  const kept = readKept();
  return {
    zone: kept.zone === "local" ? "local" : "utc",
    notify: kept.notify === "on" ? "on" : "off",
    sound: kept.sound === "on" ? "on" : "off",
    theme: oneOf(THEMES, theme),
    colours: oneOf(COLOURS, colours),
    motion: oneOf(MOTIONS, motion),
    density: oneOf(DENSITIES, density),
  };
}

function oneOf<T extends string>(known: readonly [T, ...T[]], value: string | undefined): T {
  return known.find((one) => one === value) ?? known[0];
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
  prefs = { ...getPrefs(), ...change };
  const { zone: _zone, notify: _notify, sound: _sound, ...looks } = change;
  Object.assign(document.documentElement.dataset, looks);
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

/** The preferences as they are now, for what happens once. */
export function getPrefs(): Prefs {
  prefs ??= read();
  return prefs;
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(subscribe, getPrefs, () => initial);
}
