import {
  CrosshairMode,
  createChart,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { type Line, labelOf, type Unit } from "@/shape/equity";
import { clock, day, full, type Zone } from "@/shape/format-time";
import { HUES } from "@/shape/hue";

/** Where a line ends, in pixels from the top of the chart. */
export type Tip = { botId: string; y: number };

export type Drawing = {
  lines: readonly Line[];
  hues: Record<string, number>;
  unit: Unit;
  zone: Zone;
};

export type ChartHandle = { draw: (drawing: Drawing) => void; remove: () => void };

type Callbacks = { onTips: (tips: Tip[]) => void; onHover: (time: number | null) => void };

/** Room at the right for the names, in pixels. */
export const gutter = (width: number) => (isNarrow(width) ? 92 : 160);
export const isNarrow = (width: number) => width < 600;

/** A chart of equity lines. The library counts by index and knows no zones: labels are ours. */
export function createEquityChart(element: HTMLElement, callbacks: Callbacks): ChartHandle {
  const chart = createChart(element, { autoSize: true });
  const series = new Map<string, ISeriesApi<"Line">>();
  let current: Drawing | null = null;
  let frame = 0;

  const place = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => callbacks.onTips(tipsOf(current?.lines ?? [], series)));
  };
  const fit = () => {
    chart.timeScale().applyOptions({ rightOffsetPixels: gutter(element.clientWidth) });
    chart.timeScale().fitContent();
    place();
  };
  const watcher = new ResizeObserver(fit);
  watcher.observe(element);
  chart.subscribeCrosshairMove(({ time }) => callbacks.onHover(time ? Number(time) : null));

  return {
    draw: (drawing) => {
      current = drawing;
      const colors = readColors();
      applyLook(chart, drawing, colors);
      syncSeries(chart, series, drawing, colors);
      fit();
    },
    remove: () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
      chart.remove();
    },
  };
}

type Colors = { text: string; line: string; strong: string; hues: string[] };

function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--faint"),
    line: read("--line"),
    strong: read("--line-strong"),
    hues: Array.from({ length: HUES }, (_, hue) => read(`--hue-${hue}`)),
  };
}

function applyLook(chart: IChartApi, { unit, zone, lines }: Drawing, colors: Colors): void {
  const span = spanOf(lines);
  chart.applyOptions({
    layout: {
      background: { color: "transparent" },
      textColor: colors.text,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      fontSize: 11,
      attributionLogo: false,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colors.line } },
    leftPriceScale: {
      entireTextOnly: true,
      visible: true,
      borderVisible: false,
      scaleMargins: { top: 0.08, bottom: 0.06 },
    },
    rightPriceScale: { visible: false },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      minBarSpacing: 0.01,
      tickMarkFormatter: (time: Time) => tickOf(Number(time), zone, span),
    },
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
    handleScroll: false,
    handleScale: false,
  });
}

/** A label of the axis, which is a pixel's figure: its rounding noise around 0 is cut off. */
function axisLabel(value: number, unit: Unit): string {
  return labelOf(value.toFixed(8), unit);
}

function spanOf(lines: readonly Line[]): number {
  const places = lines[0]?.places ?? [];
  return (places.at(-1)?.time ?? 0) - (places[0]?.time ?? 0);
}

/** Ticks by the zone that the whole page uses: days on long spans, times on short ones. */
function tickOf(seconds: number, zone: Zone, span: number): string {
  const time = seconds * 1000;
  if (span > 4 * 86_400) return day(time, zone);
  const shown = clock(time, zone, false);
  return shown === "00:00" ? day(time, zone) : shown;
}

function syncSeries(
  chart: IChartApi,
  series: Map<string, ISeriesApi<"Line">>,
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

function tipsOf(lines: readonly Line[], series: ReadonlyMap<string, ISeriesApi<"Line">>): Tip[] {
  return lines.flatMap((line) => {
    const y =
      line.lastValue === null ? null : series.get(line.botId)?.priceToCoordinate(line.lastValue);
    return y === null || y === undefined ? [] : [{ botId: line.botId, y: Number(y) }];
  });
}
