import type { IChartApiBase, Time } from "lightweight-charts";
import type { Zoom } from "./equity-drawing";

/** Fewest buckets in sight. */
const CLOSEST = 12;

/**
 * Zooming by buttons, by the wheel with Ctrl and by two fingers. The plain wheel and one finger
 * keep scrolling the page; only what is zoomed can be dragged.
 */
export function followZoom(
  chart: IChartApiBase<Time>,
  element: HTMLElement,
  onZoom: (zoomed: boolean) => void,
) {
  let zoomed = false;

  const become = (now: boolean) => {
    zoomed = now;
    onZoom(now);
    chart.applyOptions({
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

  const scaleBy = (factor: number) => {
    const scale = chart.timeScale();
    const seen = scale.getVisibleLogicalRange();
    if (!seen) return;
    const width = Math.max(CLOSEST, (seen.to - seen.from) * factor);
    const middle = (seen.from + seen.to) / 2;
    become(true);
    scale.setVisibleLogicalRange({
      from: Math.max(0, middle - width / 2),
      to: Math.max(0, middle - width / 2) + width,
    });
  };

  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    scaleBy(event.deltaY < 0 ? 0.8 : 1.25);
  };
  const pinch = (event: TouchEvent) => {
    if (event.touches.length > 1 && !zoomed) become(true);
  };
  element.addEventListener("wheel", wheel, { passive: false });
  element.addEventListener("touchmove", pinch, { passive: true });
  become(false);

  return {
    isZoomed: () => zoomed,
    reset: () => become(false),
    by: (way: Zoom) => (way === "all" ? become(false) : scaleBy(way === "in" ? 0.5 : 2)),
    stop: () => {
      element.removeEventListener("wheel", wheel);
      element.removeEventListener("touchmove", pinch);
    },
  };
}
