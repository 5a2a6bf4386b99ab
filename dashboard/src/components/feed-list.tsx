"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { DecisionRow } from "@/api/types";
import { useKeys } from "@/prefs/use-keys";
import { useFleet } from "@/queries/use-fleet";
import { arrivalsAbove, rowHeight } from "@/shape/feed-row";
import { count } from "@/shape/format-number";
import { rowKey } from "@/shape/merge";
import { FeedRow } from "./feed-row";

type Props = {
  rows: readonly DecisionRow[];
  selected: string | null;
  onOpen: (id: string | null) => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
};

/** More rows than this are never in sight at once. */
const SCREENFUL = 60;

/** Only the rows in sight are drawn. While scrolled, arrivals wait above and nothing moves. */
export function FeedList({ rows, selected, onOpen, hasMore, isLoadingMore, onMore }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { byId, hues } = useFleet();
  const { waiting, clear } = useAnchor(scroller, rows);
  const isFresh = useFresh(rows);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => rowHeight(rows[index] as DecisionRow),
    getItemKey: (index) => rowKey(rows[index] as DecisionRow),
    overscan: 8,
  });
  // Heights depend on the rows alone; a new list has to be measured anew.
  useLayoutEffect(() => list.measure(), [rows]);
  const items = list.getVirtualItems();
  const end = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && rows.length > 0 && end >= rows.length - 30) onMore();
  }, [end, hasMore, isLoadingMore, rows.length, onMore]);
  useWalk(rows, selected, onOpen, (index) => list.scrollToIndex(index, { align: "auto" }));
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
            const row = rows[item.index];
            return row ? (
              <li
                key={item.key}
                className="absolute inset-x-0 top-0"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                aria-setsize={rows.length}
                aria-posinset={item.index + 1}
              >
                <FeedRow
                  row={row}
                  bot={byId.get(row.bot_id) ?? { id: row.bot_id, name: row.bot_name }}
                  hue={hues[row.bot_id]}
                  selected={row.id === selected}
                  fresh={isFresh(row)}
                  onOpen={onOpen}
                />
              </li>
            ) : null;
          })}
        </ol>
      </div>
    </div>
  );
}

/** Keeps what is in sight in its place when rows arrive above it, and counts them. */
function useAnchor(scroller: React.RefObject<HTMLDivElement | null>, rows: readonly DecisionRow[]) {
  const before = useRef<readonly DecisionRow[]>(rows);
  const [waiting, setWaiting] = useState(0);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = rows;
    const element = scroller.current;
    const first = old[0];
    if (!element || !first || old === rows || element.scrollTop <= 0) return;
    const known = new Set(old.map(rowKey));
    const { pixels, count: arrived } = arrivalsAbove(rows, rowKey, known, rowKey(first));
    if (arrived === 0) return;
    element.scrollTop += pixels;
    setWaiting((now) => now + arrived);
  }, [rows, scroller]);
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

/** Rows that came in above the others, as against those that are scrolled to. */
function useFresh(rows: readonly DecisionRow[]): (row: DecisionRow) => boolean {
  const seen = useRef({ rows, newest: rows[0]?.cursor, fresh: new Set<string>() });
  if (seen.current.rows !== rows) {
    const fresh = new Set<string>();
    for (const row of rows) {
      if (row.cursor === seen.current.newest) break;
      if (fresh.size < SCREENFUL) fresh.add(rowKey(row));
    }
    const known = seen.current.newest !== undefined;
    seen.current = { rows, newest: rows[0]?.cursor, fresh: known ? fresh : new Set() };
  }
  return (row) => seen.current.fresh.has(rowKey(row));
}

/** J and K walk the feed; the decision that is open follows. */
function useWalk(
  rows: readonly DecisionRow[],
  selected: string | null,
  onOpen: (id: string | null) => void,
  show: (index: number) => void,
): void {
  const walk = (by: number) => {
    const focused = document.activeElement?.getAttribute("data-decision");
    const at = rows.findIndex((row) => row.id === (selected ?? focused));
    const next = Math.min(rows.length - 1, Math.max(0, at + by));
    const row = rows[next];
    if (!row) return;
    show(next);
    if (selected) onOpen(row.id);
    // A row in sight takes the focus at once, so that Enter may follow; others are drawn first.
    if (!focusRow(row.id)) requestAnimationFrame(() => focusRow(row.id));
  };
  useKeys({ j: () => walk(1), k: () => walk(-1) });
}

function focusRow(id: string): boolean {
  const row = document.querySelector<HTMLElement>(`[data-decision="${CSS.escape(id)}"]`);
  row?.focus({ preventScroll: true });
  return row !== null;
}
