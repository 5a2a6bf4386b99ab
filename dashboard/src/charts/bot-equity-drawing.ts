import {
  createSeriesMarkers,
  LineSeries,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { axisPlaces, axisText } from "@/lib/view-models/axis";
import type { Line, Unit } from "@/lib/view-models/equity";
import type { Zone } from "@/lib/view-models/format-time";
import { HUES } from "@/lib/view-models/hue";
import type { Marker } from "@/lib/view-models/markers";
import type { Window } from "@/lib/view-models/window";
import { applyBaseLook, colorOf, createBase } from "./chart-base";
import type { Zoom } from "./equity-drawing";
import type { ZoomEvents } from "./equity-zoom";
import type { Shot } from "./picture";

export type MarkedDrawing = {
  line: Line;
  hue: number | undefined;
  unit: Unit;
  markers: readonly Marker[];
  /** The decision under the pointer, in the chart or in its row. */
  lit: string | null;
  span: string;
  /** What the address says to be zoomed into. */
  window: Window | null;
};

export type MarkedHandle = {
  draw: (drawing: MarkedDrawing) => void;
  zoom: (way: Zoom) => void;
  /** The chart as it is shown. */
  shoot: () => Shot;
  remove: () => void;
};

type Callbacks = {
  onHover: (time: number | null) => void;
  onMarker: (id: string | null) => void;
  onPick: (id: string) => void;
} & ZoomEvents;

/** One bot's equity with its decisions on it. */
export function createMarkedChart(
  element: HTMLElement,
  zone: Zone,
  callbacks: Callbacks,
): MarkedHandle {
  let axis: readonly number[] = [];
  const base = createBase(element, zone, callbacks, () => axis);
  const { chart } = base;
  const series = chart.addSeries(LineSeries, {
    priceScaleId: "right",
    lineWidth: 2,
    // The last value stands at the line's end, on the axis.
    lastValueVisible: true,
    priceLineVisible: false,
    crosshairMarkerRadius: 3,
    crosshairMarkerBorderWidth: 0,
  });
  const marks = createSeriesMarkers<Time>(series, [], { autoScale: false });
  let drawn: Line | null = null;
  let under: string | null = null;
  chart.subscribeCrosshairMove(({ time, hoveredInfo }) => {
    callbacks.onHover(time ? Number(time) : null);
    const id = typeof hoveredInfo?.objectId === "string" ? hoveredInfo.objectId : null;
    if (id !== under) callbacks.onMarker(id);
    under = id;
  });
  chart.subscribeClick(({ hoveredInfo }) => {
    if (typeof hoveredInfo?.objectId === "string") callbacks.onPick(hoveredInfo.objectId);
  });

  return {
    draw: (drawing) => {
      base.enter(drawing.span, drawing.window);
      const label = labeller(drawing);
      const colors = applyBaseLook(chart, zone, label);
      const color = colors.hues[(drawing.hue ?? 0) % HUES] ?? colors.text;
      series.applyOptions({
        color,
        priceFormat: { type: "custom", minMove: 1e-6, formatter: label },
      });
      if (drawn !== drawing.line) {
        drawn = drawing.line;
        axis = drawing.line.places.map((one) => one.time);
        series.setData(drawing.line.places.map(pointOf));
      }
      base.fit();
      marks.setMarkers(drawing.markers.map((one) => shapeOf(one, drawing.lit)));
    },
    zoom: base.zoom,
    shoot: base.shoot,
    remove: base.remove,
  };
}

/** Labels of values, with as many decimals as the height of the line calls for. */
function labeller({ line, unit }: MarkedDrawing): (value: number) => string {
  const values = line.places.flatMap(({ value }) => value ?? []);
  const height = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const depth = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const places = axisPlaces(height - depth, unit);
  return (value) => axisText(value, unit, places);
}

function pointOf({ time, value, beforeGap }: Line["places"][number]) {
  const at = time as UTCTimestamp;
  if (value === undefined) return { time: at };
  return beforeGap ? { time: at, value, color: "transparent" } : { time: at, value };
}

const TONES = {
  buy_to_enter: "gain",
  sell_to_enter: "loss",
  close: "text",
  hold: "muted",
} as const;

/** Up for a buy, down for a sell, a square for a close, a dot for the rest; grey when refused. */
function shapeOf(marker: Marker, lit: string | null): SeriesMarker<Time> {
  const isLit = marker.id === lit;
  const text = (marker.count ?? 1) > 1 ? String(marker.count) : undefined;
  const own = { id: marker.id, time: marker.time as UTCTimestamp, size: isLit ? 2 : 1, text };
  const tone = colorOf(isLit ? "accent" : marker.rejected ? "faint" : TONES[marker.signal]);
  switch (marker.signal) {
    case "buy_to_enter":
      return { ...own, color: tone, position: "belowBar", shape: "arrowUp" };
    case "sell_to_enter":
      return { ...own, color: tone, position: "aboveBar", shape: "arrowDown" };
    case "close":
      return { ...own, color: tone, position: "inBar", shape: "square" };
    case "hold":
      return { ...own, color: tone, position: "inBar", shape: "circle" };
  }
}
