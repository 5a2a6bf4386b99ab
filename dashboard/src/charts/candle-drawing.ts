import {
  CandlestickSeries,
  createSeriesMarkers,
  type IPriceLine,
  LineStyle,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { type Bar, type Level, reachOf } from "@/lib/view-models/candles";
import { toPixelNumber } from "@/lib/view-models/decimal";
import { price } from "@/lib/view-models/format-number";
import type { Zone } from "@/lib/view-models/format-time";
import type { Window } from "@/lib/view-models/window";
import { applyBaseLook, colorOf, createBase } from "./chart-base";
import type { Zoom } from "./equity-drawing";
import type { ZoomEvents } from "./equity-zoom";
import type { Shot } from "./picture";

export type Fit = "levels" | "candles";

export type CandleDrawing = {
  bars: readonly Bar[];
  levels: readonly Level[];
  side: "long" | "short";
  /** The places of entry and exit, in seconds; null where they are not drawn. */
  entry: number | null;
  exit: number | null;
  /** How far the prices reach: to every line, or only as far as the candles. */
  fit: Fit;
  span: string;
  /** What the address says to be zoomed into. */
  window: Window | null;
};

export type CandleHandle = {
  draw: (drawing: CandleDrawing) => void;
  zoom: (way: Zoom) => void;
  /** The chart as it is shown. */
  shoot: () => Shot;
  remove: () => void;
};

type Callbacks = { onHover: (time: number | null) => void } & ZoomEvents;

/** Candles with the lines of a trade. They are grey: colour is kept for what the trade did. */
export function createCandleChart(
  element: HTMLElement,
  zone: Zone,
  callbacks: Callbacks,
): CandleHandle {
  let axis: readonly number[] = [];
  const base = createBase(element, zone, callbacks, () => axis);
  const { chart } = base;
  const series = chart.addSeries(CandlestickSeries, {
    priceScaleId: "right",
    lastValueVisible: false,
    priceLineVisible: false,
  });
  const markers = createSeriesMarkers<Time>(series, []);
  let lines: IPriceLine[] = [];
  let reach: [number, number] | null = null;
  chart.subscribeCrosshairMove(({ time }) => callbacks.onHover(time ? Number(time) : null));

  return {
    draw: (drawing) => {
      base.enter(drawing.span, drawing.window);
      applyBaseLook(chart, zone, axisLabel);
      const [quiet, text] = [colorOf("faint"), colorOf("text")];
      reach = reachOf(drawing.bars, drawing.fit === "levels" ? drawing.levels : []);
      series.applyOptions({
        // Hollow when it rose, filled when it fell: told apart without a colour.
        upColor: colorOf("surface"),
        downColor: quiet,
        borderUpColor: quiet,
        borderDownColor: quiet,
        wickUpColor: quiet,
        wickDownColor: quiet,
        priceFormat: { type: "custom", minMove: 1e-8, formatter: axisLabel },
        autoscaleInfoProvider: () =>
          reach && { priceRange: { minValue: reach[0], maxValue: reach[1] } },
      });
      axis = drawing.bars.map((bar) => bar.time);
      series.setData(drawing.bars.map(pointOf));
      for (const line of lines) series.removePriceLine(line);
      lines = drawing.levels.map((level) => series.createPriceLine(lineOf(level)));
      markers.setMarkers(marksOf(drawing, text));
      base.fit();
    },
    zoom: base.zoom,
    shoot: base.shoot,
    remove: base.remove,
  };
}

function pointOf({ time, open, high, low, close }: Bar) {
  const at = time as UTCTimestamp;
  if (open === undefined || high === undefined || low === undefined || close === undefined) {
    return { time: at };
  }
  return { time: at, open, high, low, close };
}

const LINES: Record<Level["name"], [color: string, style: LineStyle]> = {
  entry: ["text", LineStyle.Solid],
  exit: ["accent", LineStyle.Solid],
  stop: ["loss", LineStyle.Dashed],
  target: ["gain", LineStyle.Dashed],
  liquidation: ["loss", LineStyle.Dotted],
  mark: ["faint", LineStyle.Dotted],
};

/** A level's colour by its name in the page, and its dash, for a legend. */
export function levelLook(name: Level["name"]): [color: string, dash: readonly number[]] {
  const [color, style] = LINES[name];
  return [color, style === LineStyle.Solid ? [] : style === LineStyle.Dashed ? [4, 2] : [1.5, 2]];
}

function lineOf(level: Level) {
  const [color, style] = LINES[level.name];
  return {
    price: toPixelNumber(level.exact),
    color: colorOf(color),
    lineStyle: style,
    lineWidth: 1 as const,
    title: level.name,
    axisLabelVisible: true,
    axisLabelColor: colorOf(color),
    axisLabelTextColor: colorOf("bg"),
  };
}

function marksOf({ entry, exit, side }: CandleDrawing, color: string) {
  const long = side === "long";
  const marks = [];
  if (entry !== null) {
    marks.push({
      time: entry as UTCTimestamp,
      position: long ? ("belowBar" as const) : ("aboveBar" as const),
      shape: long ? ("arrowUp" as const) : ("arrowDown" as const),
      color,
      size: 0.7,
      text: long ? "buy" : "sell",
    });
  }
  if (exit !== null) {
    marks.push({
      time: exit as UTCTimestamp,
      position: long ? ("aboveBar" as const) : ("belowBar" as const),
      shape: "square" as const,
      color,
      size: 0.7,
      text: "exit",
    });
  }
  return marks;
}

/** A label of the axis, which is a pixel's figure. */
function axisLabel(value: number): string {
  return price(value.toFixed(10));
}
