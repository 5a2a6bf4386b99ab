"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import type { DecisionRow } from "@/api/types";
import { useWalk } from "@/features/decision/use-walk";
import { arrivedAbove, type Entry, entryHeight, placeOf, shift } from "@/lib/view-models/feed-runs";
import { count } from "@/lib/view-models/format-number";
import { FeedRow } from "./feed-row";
import { FeedRun } from "./feed-run";
import { useEntries } from "./use-entries";

type Props = {
  rows: readonly DecisionRow[];
  selected: string | null;
  onOpen: (id: string | null) => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
  /** False where holds were asked for: then each is a row of its own. */
  folds?: boolean;
  /** All decisions are of one bot. */
  alone?: boolean;
  /** A decision to bring into sight. */
  reveal?: string | null;
};

/** Entries below the last one in sight that are read ahead. */
const AHEAD = 15;

/** Only the rows in sight are drawn. While scrolled, arrivals wait above and nothing moves. */
export function FeedList(props: Props) {
  const { rows, selected, onOpen, hasMore, isLoadingMore, onMore, folds = true } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { byId, hues } = useFleet();
  const isScrolled = useCallback(() => (scroller.current?.scrollTop ?? 0) > 0, []);
  const { entries, open, isFresh } = useEntries(rows, selected, folds, isScrolled);
  const { waiting, clear } = useAnchor(scroller, rows, entries);
  const list = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => entryHeight(entries[index] as Entry),
    getItemKey: (index) => (entries[index] as Entry).key,
    overscan: 8,
  });
  // Heights depend on the rows alone; a new list has to be measured anew.
  useLayoutEffect(() => list.measure(), [entries]);
  const items = list.getVirtualItems();
  const end = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && rows.length > 0 && end >= entries.length - AHEAD) onMore();
  }, [end, hasMore, isLoadingMore, rows.length, entries.length, onMore]);
  const show = (index: number) => list.scrollToIndex(index, { align: "auto" });
  useWalk(entries, selected, { onOpen, open, show });
  useReveal(entries, props.reveal ?? null, (index) =>
    list.scrollToIndex(index, { align: "center" }),
  );
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {waiting > 0 && (
        <button
          type="button"
          onClick={() => {
            clear();
            scroller.current?.scrollTo({ top: 0 });
          }}
          className="absolute top-2 left-1/2 z-10 flex h-7 -translate-x-1/2 items-center gap-1 rounded-full border border-line-strong bg-raised px-3 text-accent text-sm"
        >
          <ArrowUp size={12} aria-hidden />
          {count(waiting)} new
        </button>
      )}
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto [overflow-anchor:none]">
        <ol className="relative" style={{ height: list.getTotalSize() }} aria-label="Decisions">
          {items.map((item) => {
            const entry = entries[item.index];
            return entry ? (
              <li
                key={item.key}
                className="absolute inset-x-0 top-0"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                aria-setsize={rows.length}
                aria-posinset={entry.at + 1}
              >
                {entry.kind === "run" ? (
                  <FeedRun
                    id={entry.key}
                    rows={entry.rows}
                    open={entry.open}
                    alone={props.alone}
                    onToggle={() => open(entry.rows, !entry.open)}
                  />
                ) : (
                  <FeedRow
                    row={entry.row}
                    bot={
                      byId.get(entry.row.bot_id) ?? {
                        id: entry.row.bot_id,
                        name: entry.row.bot_name,
                      }
                    }
                    hue={hues[entry.row.bot_id]}
                    selected={entry.row.id === selected}
                    fresh={isFresh(entry.row)}
                    within={entry.folds}
                    alone={props.alone}
                    onOpen={onOpen}
                  />
                )}
              </li>
            ) : null;
          })}
        </ol>
      </div>
    </div>
  );
}

/** Keeps what is in sight in its place when the list changes above it, and counts arrivals. */
function useAnchor(
  scroller: RefObject<HTMLDivElement | null>,
  rows: readonly DecisionRow[],
  entries: readonly Entry[],
) {
  const before = useRef({ rows, entries });
  const [waiting, setWaiting] = useState(0);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = { rows, entries };
    const element = scroller.current;
    if (!element || old.entries === entries || element.scrollTop <= 0) return;
    element.scrollTop += shift(old.entries, entries, element.scrollTop);
    const arrived = arrivedAbove(old.rows, rows).length;
    if (arrived > 0) setWaiting((now) => now + arrived);
  }, [rows, entries, scroller]);
  useEffect(() => {
    const element = scroller.current;
    const watch = () => {
      if (element && element.scrollTop <= 0) setWaiting(0);
    };
    element?.addEventListener("scroll", watch, { passive: true });
    return () => element?.removeEventListener("scroll", watch);
  }, [scroller]);
  return { waiting, clear: () => setWaiting(0) };
}

/** Brings a decision into sight that is pointed at elsewhere. */
function useReveal(entries: readonly Entry[], id: string | null, show: (index: number) => void) {
  const current = useRef({ entries, show });
  useEffect(() => {
    current.current = { entries, show };
  });
  useEffect(() => {
    if (id === null) return;
    const at = placeOf(current.current.entries, (row) => row.id === id);
    if (at !== -1) current.current.show(at);
  }, [id]);
}
