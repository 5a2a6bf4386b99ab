"use client";
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/**
 * Columns keep their widths from tick to tick, also when a figure gets shorter or changes its sign.
 * They are measured anew only when something no longer fits, or when the room is another.
 */
export function useSteadyColumns(): RefObject<HTMLTableElement | null> {
  const table = useRef<HTMLTableElement>(null);
  useLayoutEffect(() => {
    if (table.current && !fits(table.current)) measure(table.current);
  });
  useEffect(() => {
    const element = table.current;
    const room = element?.parentElement;
    if (!element || !room) return;
    let known = room.clientWidth;
    const watcher = new ResizeObserver(() => {
      if (room.clientWidth === known) return;
      known = room.clientWidth;
      measure(element);
    });
    watcher.observe(room);
    return () => watcher.disconnect();
  }, []);
  return table;
}

function headsOf(table: HTMLTableElement): HTMLTableCellElement[] {
  return [...(table.tHead?.rows[0]?.cells ?? [])];
}

/** Whether the columns have widths, and all that stands in them has room. */
function fits(table: HTMLTableElement): boolean {
  if (headsOf(table).some((head) => head.style.width === "")) return false;
  return ![...table.rows].some((row) =>
    [...row.cells].some((cell) => cell.scrollWidth > cell.clientWidth),
  );
}

/** Lets the browser find the widths once, and holds it to them. */
function measure(table: HTMLTableElement): void {
  const heads = headsOf(table);
  table.style.tableLayout = "";
  for (const head of heads) head.style.width = "";
  const widths = heads.map((head) => head.getBoundingClientRect().width);
  if (widths.every((width) => width === 0)) return;
  heads.forEach((head, index) => {
    head.style.width = `${widths[index]}px`;
  });
  table.style.tableLayout = "fixed";
}
