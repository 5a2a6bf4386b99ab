import type { IChartApiBase, Time } from "lightweight-charts";
import { indexAt, timeAt, type Window, windowText } from "@/lib/view-models/window";
import type { Zoom } from "./equity-drawing";

/** Fewest buckets in sight. */
const CLOSEST = 12;
/** A turn of the wheel is many events; the address learns of the last, after milliseconds. */
const REST = 200;

export type ZoomEvents = {
  onZoom: (zoomed: boolean) => void;
  /** Someone zoomed into this stretch of time; null: all of it is shown again. */
  onWindow: (window: Window | null) => void;
};

type Range = { from: number; to: number };

const keyOf = (window: Window | null) => (window ? windowText(window) : "");

/**
 * Zooming by buttons, by the wheel with Ctrl and by two fingers. The plain wheel and one finger
 * keep scrolling the page; only what is zoomed can be dragged. `axis` tells the times in order.
 */
export function followZoom(
  chart: IChartApiBase<Time>,
  element: HTMLElement,
  events: ZoomEvents,
  axis: () => readonly number[],
) {
  let seen: Window | null = null;
  let told = "";
  let span: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;

  const become = (window: Window | null) => {
    seen = window;
    const now = window !== null;
    events.onZoom(now);
    chart.applyOptions({
      kineticScroll: { touch: false, mouse: false },
      handleScroll: {
        pressedMouseMove: now,
        horzTouchDrag: now,
        vertTouchDrag: false,
        mouseWheel: false,
      },
      handleScale: {
        mouseWheel: false,
        pinch: true,
        axisPressedMouseMove: { time: now, price: false },
        axisDoubleClickReset: false,
      },
    });
  };

  const tell = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      told = keyOf(seen);
      events.onWindow(seen);
    }, REST);
  };

  const note = (range: Range | null) => {
    const from = range && timeAt(axis(), range.from);
    const to = range && timeAt(axis(), range.to);
    if (from === null || to === null) return;
    become({ from: Math.max(0, Math.round(from)), to: Math.round(to) });
    tell();
  };
  const look = () => note(chart.timeScale().getVisibleLogicalRange());

  const show = () => {
    const from = seen && indexAt(axis(), seen.from);
    const to = seen && indexAt(axis(), seen.to);
    if (from !== null && to !== null) chart.timeScale().setVisibleLogicalRange({ from, to });
  };

  const scaleBy = (factor: number) => {
    const scale = chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    const width = Math.max(CLOSEST, (range.to - range.from) * factor);
    const middle = (range.from + range.to) / 2;
    const from = Math.max(0, middle - width / 2);
    // The chart takes a frame to come there: it is told, not asked.
    note({ from, to: from + width });
    show();
  };

  const reset = () => {
    become(null);
    tell();
  };

  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    scaleBy(event.deltaY < 0 ? 0.8 : 1.25);
  };
  const pinch = (event: TouchEvent) => {
    if (event.touches.length > 1 && !seen) look();
  };
  // The chart itself moves by a drag or a pinch; where it came to rest is looked at afterwards.
  const released = () => {
    cancelAnimationFrame(frame);
    if (seen) frame = requestAnimationFrame(look);
  };
  element.addEventListener("wheel", wheel, { passive: false });
  element.addEventListener("touchmove", pinch, { passive: true });
  element.addEventListener("touchend", released, { passive: true });
  element.addEventListener("mousedown", listenForRelease);
  become(null);

  function listenForRelease() {
    window.addEventListener("mouseup", released, { once: true });
  }

  return {
    isZoomed: () => seen !== null,
    /** Before drawing: what the address says now, and the span of time that is drawn. */
    enter: (next: string, asked: Window | null) => {
      const changed = span !== null && span !== next;
      span = next;
      if (keyOf(asked) !== told) {
        told = keyOf(asked);
        clearTimeout(timer);
        become(asked);
      } else if (changed && seen) reset();
    },
    /** After drawing: the same stretch of time is in sight, though the axis has changed. */
    keep: show,
    by: (way: Zoom) => (way === "all" ? reset() : scaleBy(way === "in" ? 0.5 : 2)),
    stop: () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      element.removeEventListener("wheel", wheel);
      element.removeEventListener("touchmove", pinch);
      element.removeEventListener("touchend", released);
      element.removeEventListener("mousedown", listenForRelease);
      window.removeEventListener("mouseup", released);
    },
  };
}
