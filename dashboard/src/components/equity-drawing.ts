import {
  CrosshairMode,
  createChartEx,
  type IChartApiBase,
  type IHorzScaleBehavior,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { toPixelNumber } from "@/shape/decimal";
import { endIn, type Line, labelOf, type Unit } from "@/shape/equity";
import { clock, day, full, type Zone } from "@/shape/format-time";
import { HUES } from "@/shape/hue";
import type { Window } from "@/shape/window";
import { followZoom, type ZoomEvents } from "./equity-zoom";
import { createZonedScale } from "./zoned-scale";

/** Where a line ends in sight, in pixels from the top of the chart, and its exact figure there. */
export type Tip = { botId: string; y: number; exact: string };

export type Drawing = {
  lines: readonly Line[];
  hues: Record<string, number>;
  unit: Unit;
  /** Another span of time: what was zoomed into is left. */
  span: string;
  /** What the address says to be zoomed into. */
  window: Window | null;
};

export type Zoom = "in" | "out" | "all";

export type ChartHandle = {
  draw: (drawing: Drawing) => void;
  zoom: (way: Zoom) => void;
  remove: () => void;
};

type Chart = IChartApiBase<Time>;
type LineApi = ISeriesApi<"Line", Time>;

type Callbacks = {
  onTips: (tips: Tip[]) => void;
  onHover: (time: number | null) => void;
} & ZoomEvents;

/** Room at the right for the names, in pixels. */
export const gutter = (width: number) => (isNarrow(width) ? 92 : 160);
export const isNarrow = (width: number) => width < 600;

/** A chart of equity lines, with ticks and labels by the clocks of one zone. */
export function createEquityChart(
  element: HTMLElement,
  zone: Zone,
  callbacks: Callbacks,
): ChartHandle {
  const chart = createChartEx<Time, IHorzScaleBehavior<Time>>(element, createZonedScale(zone), {
    autoSize: true,
    // From the first frame on: a link must not stand in what is hidden from readers of the screen.
    layout: { attributionLogo: false },
    timeScale: timeScaleOf(zone),
  });
  const series = new Map<string, LineApi>();
  let current: Drawing | null = null;
  let frame = 0;

  const place = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      callbacks.onTips(current ? tipsOf(chart, current.lines, series, element.clientWidth) : []);
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
  chart.subscribeCrosshairMove(({ time }) => callbacks.onHover(time ? Number(time) : null));
  chart.timeScale().subscribeVisibleLogicalRangeChange(place);

  return {
    draw: (drawing) => {
      zoom.enter(drawing.span, drawing.window);
      current = drawing;
      const colors = readColors();
      applyLook(chart, drawing, zone, colors);
      syncSeries(chart, series, drawing, colors);
      fit();
    },
    zoom: (way) => {
      zoom.by(way);
      if (way === "all") fit();
    },
    remove: () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
      zoom.stop();
      chart.remove();
    },
  };
}

export type Colors = { text: string; line: string; strong: string; hues: string[] };

export function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--faint"),
    line: read("--line"),
    strong: read("--line-strong"),
    hues: Array.from({ length: HUES }, (_, hue) => read(`--hue-${hue}`)),
  };
}

function applyLook(chart: Chart, { unit }: Drawing, zone: Zone, colors: Colors): void {
  chart.applyOptions({
    layout: {
      background: { color: "transparent" },
      textColor: colors.text,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      fontSize: 11,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colors.line } },
    leftPriceScale: {
      entireTextOnly: true,
      visible: true,
      borderVisible: false,
      scaleMargins: { top: 0.08, bottom: 0.06 },
    },
    rightPriceScale: { visible: false },
    crosshair: {
      mode: CrosshairMode.Magnet,
      vertLine: {
        color: colors.strong,
        style: LineStyle.Solid,
        labelBackgroundColor: colors.strong,
      },
      horzLine: { visible: false, labelVisible: false },
    },
    localization: {
      priceFormatter: (value: number) => axisLabel(value, unit),
      timeFormatter: (time: Time) => full(Number(time) * 1000, zone),
    },
  });
}

/** How the axis looks; times and their ticks belong to scales of time alone. */
export function timeScaleOf(zone: Zone): object {
  return {
    borderVisible: false,
    minBarSpacing: 0.01,
    fixLeftEdge: true,
    timeVisible: true,
    secondsVisible: false,
    tickMarkFormatter: (time: Time, type: TickMarkType) => tickOf(Number(time), type, zone),
  };
}

/** A label of the axis, which is a pixel's figure: its rounding noise around 0 is cut off. */
function axisLabel(value: number, unit: Unit): string {
  return labelOf(value.toFixed(8), unit);
}

/** By what turns at a tick: the hour, the day, or the year. */
function tickOf(seconds: number, type: TickMarkType, zone: Zone): string {
  const time = seconds * 1000;
  if (type >= TickMarkType.Time) return clock(time, zone, false);
  return type === TickMarkType.Year ? full(time, zone).slice(0, 4) : day(time, zone);
}

function syncSeries(
  chart: Chart,
  series: Map<string, LineApi>,
  { lines, hues, unit }: Drawing,
  colors: Colors,
): void {
  const wanted = new Set(lines.map((line) => line.botId));
  for (const [id, old] of series) {
    if (wanted.has(id)) continue;
    chart.removeSeries(old);
    series.delete(id);
  }
  for (const line of lines) {
    const one = series.get(line.botId) ?? chart.addSeries(LineSeries, { priceScaleId: "left" });
    series.set(line.botId, one);
    const color = colors.hues[hues[line.botId] ?? 0] ?? colors.text;
    one.applyOptions({
      color,
      lineWidth: 2,
      lineStyle: line.baseline ? LineStyle.Dashed : LineStyle.Solid,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerRadius: 3,
      crosshairMarkerBorderWidth: 0,
      priceFormat: {
        type: "custom",
        minMove: 1e-6,
        formatter: (value: number) => axisLabel(value, unit),
      },
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

/** The ends of the lines in sight: of their last point left of the names. */
function tipsOf(
  chart: Chart,
  lines: readonly Line[],
  series: ReadonlyMap<string, LineApi>,
  width: number,
): Tip[] {
  const scale = chart.timeScale();
  const edge = scale.coordinateToLogical(width - chart.priceScale("left").width() - gutter(width));
  return lines.flatMap((line) => {
    const end = endIn(line, edge === null ? null : Math.ceil(edge));
    const y = end && series.get(line.botId)?.priceToCoordinate(toPixelNumber(end));
    return y === null || y === undefined || end === null || y === ""
      ? []
      : [{ botId: line.botId, y: Number(y), exact: end }];
  });
}
