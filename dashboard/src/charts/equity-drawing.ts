import {
  createChartEx,
  type IChartApiBase,
  type IHorzScaleBehavior,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type MouseEventParams,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { axisPlaces, axisText } from "@/lib/view-models/axis";
import { toPixelNumber } from "@/lib/view-models/decimal";
import { endIn, type Line, type Unit } from "@/lib/view-models/equity";
import type { Zone } from "@/lib/view-models/format-time";
import { dashOf, HUES } from "@/lib/view-models/hue";
import { type Reading, readingsAt } from "@/lib/view-models/readout";
import type { Window } from "@/lib/view-models/window";
import { timeScaleOf } from "./chart-axis";
import { type Colors, lookOf, readColors } from "./chart-look";
import { followZoom, type ZoomEvents } from "./equity-zoom";
import { type Shot, shotOf } from "./picture";
import { createZonedScale } from "./zoned-scale";

/** Where a line ends in sight, in pixels, and its exact figure there. */
export type Tip = { botId: string; x: number; y: number; exact: string };

/** What stands at an instant under the pointer: each line's figure, and where its mark is. */
export type Hover = {
  time: number;
  x: number;
  readings: (Reading & { y: number | null })[];
};

export type Drawing = {
  lines: readonly Line[];
  hues: Record<string, number>;
  unit: Unit;
  /** Lines that the scale of values is made without. */
  off: ReadonlySet<string>;
  /** Another span of time: what was zoomed into is left. */
  span: string;
  /** What the address says to be zoomed into. */
  window: Window | null;
};

export type Zoom = "in" | "out" | "all";

export type ChartHandle = {
  draw: (drawing: Drawing) => void;
  /** Dims all lines but one; null: none. */
  light: (bot: string | null) => void;
  zoom: (way: Zoom) => void;
  /** The chart as it is shown, without the room for names. */
  shoot: () => Shot;
  remove: () => void;
};

type Chart = IChartApiBase<Time>;
type LineApi = ISeriesApi<"Line", Time>;
type Lines = Map<string, LineApi>;

type Callbacks = {
  onTips: (tips: Tip[]) => void;
  onHover: (hover: Hover | null) => void;
  /** The line itself is pointed at. */
  onLine: (bot: string | null) => void;
} & ZoomEvents;

/** Room at the right for the names, in pixels. */
export const gutter = (width: number) => (isNarrow(width) ? 108 : 188);
export const isNarrow = (width: number) => width < 600;

/** A chart of equity lines, with ticks and labels by the clocks of one zone. */
export function createEquityChart(
  element: HTMLElement,
  zone: Zone,
  callbacks: Callbacks,
): ChartHandle {
  let made: Chart | null = null;
  const chart = createChartEx<Time, IHorzScaleBehavior<Time>>(element, createZonedScale(zone), {
    autoSize: true,
    // From the first frame on: a link must not stand in what is hidden from readers of the screen.
    layout: { attributionLogo: false },
    timeScale: timeScaleOf(zone, () => made),
  });
  made = chart;
  const series: Lines = new Map();
  let current: Drawing | null = null;
  let lit: string | null = null;
  let frame = 0;

  const place = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      callbacks.onTips(current ? tipsOf(chart, current, series, element.clientWidth) : []);
    });
  };
  const axis = () => current?.lines[0]?.places.map((one) => one.time) ?? [];
  const zoom = followZoom(chart, element, callbacks, axis);
  const fit = () => {
    chart.timeScale().applyOptions({ rightOffsetPixels: gutter(element.clientWidth) });
    if (zoom.isZoomed()) zoom.keep();
    else chart.timeScale().fitContent();
    place();
  };
  const watcher = new ResizeObserver(fit);
  watcher.observe(element);
  chart.subscribeCrosshairMove((moved) => {
    callbacks.onHover(current && hoverOf(chart, current, series, moved));
    const under = [...series].find(([, one]) => one === moved.hoveredSeries);
    callbacks.onLine(moved.point ? (under?.[0] ?? null) : null);
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange(place);

  return {
    draw: (drawing) => {
      zoom.enter(drawing.span, drawing.window);
      current = drawing;
      const colors = readColors();
      applyLook(chart, drawing, zone, colors);
      syncSeries(chart, series, drawing, colors);
      light(series, drawing, colors, lit);
      fit();
    },
    light: (bot) => {
      lit = bot;
      if (current) light(series, current, readColors(), lit);
    },
    zoom: (way) => {
      zoom.by(way);
      if (way === "all") fit();
    },
    shoot: () => shotOf(chart, element.clientWidth, gutter(element.clientWidth)),
    remove: () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
      zoom.stop();
      chart.remove();
    },
  };
}

function applyLook(chart: Chart, drawing: Drawing, zone: Zone, colors: Colors): void {
  const label = labeller(drawing);
  chart.applyOptions({
    ...lookOf(colors, zone, label),
    leftPriceScale: {
      entireTextOnly: true,
      visible: true,
      borderVisible: false,
      scaleMargins: { top: 0.08, bottom: 0.06 },
    },
    rightPriceScale: { visible: false },
  });
}

/** Labels of values, with as many decimals as the height of the scale calls for. */
function labeller({ lines, off, unit }: Drawing): (value: number) => string {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const line of lines) {
    if (off.has(line.botId)) continue;
    for (const { value } of line.places) {
      if (value === undefined) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const places = axisPlaces(high - low, unit);
  return (value) => axisText(value, unit, places);
}

const DASHED = [
  LineStyle.Solid,
  LineStyle.Dashed,
  LineStyle.Dotted,
  LineStyle.LargeDashed,
] as const;

function syncSeries(chart: Chart, series: Lines, drawing: Drawing, colors: Colors): void {
  const { lines, hues, off } = drawing;
  const wanted = new Set(lines.map((line) => line.botId));
  for (const [id, old] of series) {
    if (wanted.has(id)) continue;
    chart.removeSeries(old);
    series.delete(id);
  }
  const formatter = labeller(drawing);
  for (const line of lines) {
    const one = series.get(line.botId) ?? chart.addSeries(LineSeries, { priceScaleId: "left" });
    series.set(line.botId, one);
    one.applyOptions({
      color: colorOf(line, hues, colors),
      lineStyle: line.baseline ? LineStyle.SparseDotted : DASHED[dashOf(hues[line.botId])],
      lastValueVisible: false,
      priceLineVisible: false,
      // The marks of all lines are drawn above the chart, between reports too.
      crosshairMarkerVisible: false,
      autoscaleInfoProvider: off.has(line.botId) ? () => null : undefined,
      priceFormat: { type: "custom", minMove: 1e-8, formatter },
    });
    one.setData(
      line.places.map(({ time, value, beforeGap }) => {
        const at = time as UTCTimestamp;
        if (value === undefined) return { time: at };
        return beforeGap ? { time: at, value, color: "transparent" } : { time: at, value };
      }),
    );
  }
}

function colorOf(line: Line, hues: Record<string, number>, colors: Colors): string {
  return colors.hues[(hues[line.botId] ?? 0) % HUES] ?? colors.text;
}

/** About a fifth of a colour is left of it where another line is pointed at. */
const DIM = "38";

function light(series: Lines, drawing: Drawing, colors: Colors, lit: string | null): void {
  const among = lit !== null && series.has(lit);
  const many = series.size > 8;
  for (const line of drawing.lines) {
    const color = colorOf(line, drawing.hues, colors);
    const isLit = line.botId === lit;
    series.get(line.botId)?.applyOptions({
      color: among && !isLit ? `${color}${DIM}` : color,
      lineWidth: isLit ? 3 : many ? 1 : 2,
    });
  }
}

/** The ends of the lines in sight: of their last point left of the names. */
function tipsOf(chart: Chart, { lines, off }: Drawing, series: Lines, width: number): Tip[] {
  const scale = chart.timeScale();
  const left = chart.priceScale("left").width();
  const edge = scale.coordinateToLogical(width - left - gutter(width));
  const last = edge === null ? null : Math.ceil(edge);
  return lines.flatMap((line): Tip[] => {
    const end = endIn(line, last);
    const y = end === null ? null : yOf(series, line, end);
    if (end === null || y === null || off.has(line.botId)) return [];
    const known = line.places.findLastIndex(
      ({ value }, index) => value !== undefined && (last === null || index <= last),
    );
    const time = line.places[known]?.time as UTCTimestamp | undefined;
    const x = time === undefined ? null : scale.timeToCoordinate(time);
    return [{ botId: line.botId, x: left + (x ?? 0), y, exact: end }];
  });
}

function yOf(series: Lines, line: Line, exact: string): number | null {
  return series.get(line.botId)?.priceToCoordinate(toPixelNumber(exact)) ?? null;
}

/** All figures at the instant under the pointer; null beside the lines. */
function hoverOf(
  chart: Chart,
  drawing: Drawing,
  series: Lines,
  { time, logical, point }: MouseEventParams<Time>,
): Hover | null {
  const x = time === undefined ? null : chart.timeScale().timeToCoordinate(time);
  if (time === undefined || logical === undefined || x === null || !point) return null;
  const readings = readingsAt(drawing.lines, logical).map((one) => ({
    ...one,
    y: drawing.off.has(one.line.botId) ? null : yOf(series, one.line, one.exact),
  }));
  return { time: Number(time), x: chart.priceScale("left").width() + x, readings };
}
