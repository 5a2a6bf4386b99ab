import {
  createChartEx,
  type IChartApiBase,
  type IHorzScaleBehavior,
  type Time,
} from "lightweight-charts";
import type { Zone } from "@/lib/view-models/format-time";
import type { Window } from "@/lib/view-models/window";
import { timeScaleOf } from "./chart-axis";
import { type Colors, lookOf, readColors } from "./chart-look";
import type { Zoom } from "./equity-drawing";
import { followZoom, type ZoomEvents } from "./equity-zoom";
import { type Shot, shotOf } from "./picture";
import { createZonedScale } from "./zoned-scale";

/** Share of the width that stays free at each side. */
const ROOM = 0.015;
/** Half of a label of the axis, in pixels: one under the first bar is not cut at the edge. */
const HALF_LABEL = 24;
/** Fewer bars than these do not fill the width. */
const FEWEST = 12;

export type Chart = IChartApiBase<Time>;

/** A colour of the page by its name, as it is in the theme of now. */
export function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A chart with prices at its right, which fits what it shows until someone zooms. */
export function createBase(
  element: HTMLElement,
  zone: Zone,
  events: ZoomEvents,
  axis: () => readonly number[],
) {
  let made: Chart | null = null;
  const chart: Chart = createChartEx<Time, IHorzScaleBehavior<Time>>(
    element,
    createZonedScale(zone),
    {
      autoSize: true,
      layout: { attributionLogo: false },
      timeScale: { ...timeScaleOf(zone, () => made), fixLeftEdge: false, rightOffset: 0 },
    },
  );
  made = chart;
  const zoom = followZoom(chart, element, events, axis);
  const fit = () => {
    if (zoom.isZoomed()) zoom.keep();
    else showAll(chart, axis().length);
  };
  const watcher = new ResizeObserver(fit);
  watcher.observe(element);
  return {
    chart,
    fit,
    /** Another span of time: what was zoomed into is left, unless the address says otherwise. */
    enter: (span: string, window: Window | null) => zoom.enter(span, window),
    zoom: (way: Zoom) => {
      zoom.by(way);
      if (way === "all") fit();
    },
    shoot: (): Shot => shotOf(chart, element.clientWidth),
    remove: () => {
      watcher.disconnect();
      zoom.stop();
      chart.remove();
    },
  };
}

/** All of it, with room at the left for the mark on the first bar, and for few bars too. */
function showAll(chart: Chart, bars: number): void {
  const width = Math.max(1, chart.timeScale().width() - 2 * HALF_LABEL);
  const room = Math.max(0.5, bars * ROOM, (bars * HALF_LABEL) / width);
  const spare = Math.max(0, (FEWEST - bars) / 2);
  const [from, to] = [-0.5 - room - spare, bars - 0.5 + room + spare];
  chart.timeScale().setVisibleLogicalRange({ from, to });
}

/** Colours, fonts and labels; read anew when the theme changes. */
export function applyBaseLook(chart: Chart, zone: Zone, label: (value: number) => string): Colors {
  const colors = readColors();
  chart.applyOptions({
    ...lookOf(colors, zone, label),
    leftPriceScale: { visible: false },
    rightPriceScale: {
      entireTextOnly: true,
      visible: true,
      borderVisible: false,
      // The figure under the pointer stands above the lines.
      scaleMargins: { top: 0.12, bottom: 0.08 },
    },
  });
  return colors;
}
