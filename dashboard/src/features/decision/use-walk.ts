"use client";
import type { DecisionRow } from "@/api/types";
import { useKeys } from "@/lib/prefs/use-keys";
import { type Entry, placeOf } from "@/lib/view-models/feed-runs";

type Means = {
  onOpen: (id: string | null) => void;
  open: (run: readonly DecisionRow[], to: boolean) => void;
  show: (index: number) => void;
};

/**
 * J goes down the list, to older decisions, K up; the decision that is open follows. A folded
 * run is one step; with a decision open its rows are walked through, for one of them is shown.
 */
export function useWalk(entries: readonly Entry[], selected: string | null, means: Means): void {
  const walk = (by: 1 | -1) => {
    const at = standing(entries, selected);
    let next = Math.min(entries.length - 1, Math.max(0, at + by));
    // The line above the rows of an unfolded run is no stop.
    const head = entries[next];
    if (head?.kind === "run" && head.open && entries[next + by]) next += by;
    const entry = entries[next];
    if (!entry) return;
    means.show(next);
    if (entry.kind === "row") {
      if (selected) means.onOpen(entry.row.id);
      focus(`[data-decision="${CSS.escape(entry.row.id)}"]`);
    } else if (selected) {
      const row = by > 0 ? entry.rows[0] : entry.rows.at(-1);
      means.open(entry.rows, true);
      if (!row) return;
      means.onOpen(row.id);
      focus(`[data-decision="${CSS.escape(row.id)}"]`);
    } else focus(`[data-run="${CSS.escape(entry.key)}"]`);
  };
  useKeys({ j: () => walk(1), k: () => walk(-1) });
}

/** Where the decision that is open stands, else the entry that has the focus; -1 for none. */
function standing(entries: readonly Entry[], selected: string | null): number {
  const focused = document.activeElement;
  const run = focused?.getAttribute("data-run");
  if (!selected && run) return entries.findIndex((entry) => entry.key === run);
  const id = selected ?? focused?.getAttribute("data-decision");
  return id ? placeOf(entries, (row) => row.id === id) : -1;
}

/** Focuses at once what is in sight, so that Enter may follow; the rest is drawn first. */
function focus(selector: string): void {
  if (!attempt(selector)) requestAnimationFrame(() => attempt(selector));
}

function attempt(selector: string): boolean {
  const place = document.querySelector<HTMLElement>(selector);
  place?.focus({ preventScroll: true });
  return place !== null;
}
