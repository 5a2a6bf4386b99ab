"use client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { DecisionRow } from "@/api/types";
import {
  arrivedAbove,
  blockOf,
  type Entry,
  entriesOf,
  newestCycle,
} from "@/lib/view-models/feed-runs";
import { rowKey } from "@/lib/view-models/merge";

/** What came in is shown one by one for so long before it may fold, in milliseconds. */
const NEWS = 60_000;
/** More rows than this are never in sight at once. */
const SCREENFUL = 60;

/** The feed as it is shown: runs of holds folded, those that someone opened unfolded. */
export function useEntries(
  rows: readonly DecisionRow[],
  selected: string | null,
  folds: boolean,
  isScrolled: () => boolean,
) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const news = useNews(rows);
  const block = useRef<number | null>(null);
  const single = useRef<ReadonlySet<string>>(new Set());
  const entries = useMemo(() => {
    const newest = newestCycle(rows);
    const since = Date.now() - NEWS;
    const isNews = (key: string) => newest.has(key) || (news.cameAt.get(key) ?? 0) > since;
    // What someone has scrolled to does not fold before their eyes.
    const held = isScrolled() ? single.current : new Set<string>();
    if (rows.length > 0) block.current ??= blockOf(rows);
    const made = entriesOf(rows, {
      block: block.current ?? blockOf(rows),
      isWhole: (row) => !folds || held.has(rowKey(row)) || isNews(rowKey(row)),
      isOpen: (row) => opened.has(rowKey(row)) || row.id === selected,
    });
    single.current = new Set(made.filter(isSingle).map((entry) => entry.key));
    return made;
  }, [rows, folds, opened, selected, news, isScrolled]);

  const open = useCallback((run: readonly DecisionRow[], to: boolean) => {
    setOpened((now) => {
      const next = new Set(now);
      for (const row of run) {
        if (to) next.add(rowKey(row));
        else next.delete(rowKey(row));
      }
      return next;
    });
  }, []);

  // A run that was opened to show a decision stays open when the decision is closed.
  const shown = entries.find((entry) => isFoldedRow(entry) && entry.row.id === selected);
  const kept = shown?.kind === "row" ? shown.row : null;
  useEffect(() => {
    if (kept) open([kept], true);
  }, [kept, open]);

  return { entries, open, isFresh: (row: DecisionRow) => news.fresh.has(rowKey(row)) };
}

function isSingle(entry: Entry): boolean {
  return entry.kind === "row" && !entry.folds;
}

function isFoldedRow(entry: Entry): entry is Extract<Entry, { kind: "row" }> {
  return entry.kind === "row" && entry.folds;
}

/** Rows that came in above the others, and when, as against those that are scrolled to. */
function useNews(rows: readonly DecisionRow[]) {
  const seen = useRef({ rows, cameAt: new Map<string, number>(), fresh: new Set<string>() });
  if (seen.current.rows !== rows) {
    const arrived = arrivedAbove(seen.current.rows, rows).map(rowKey);
    const now = Date.now();
    const still = [...seen.current.cameAt].filter(([, at]) => at > now - NEWS);
    const cameAt = new Map([...still, ...arrived.map((key) => [key, now] as const)]);
    seen.current = { rows, cameAt, fresh: new Set(arrived.slice(0, SCREENFUL)) };
  }
  return seen.current;
}
