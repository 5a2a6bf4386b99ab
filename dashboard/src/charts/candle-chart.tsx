"use client";
import { useEffect, useState } from "react";
import { usePrefs } from "@/lib/prefs/use-prefs";
import type { Bar } from "@/lib/view-models/candles";
import { price } from "@/lib/view-models/format-number";
import { full } from "@/lib/view-models/format-time";
import { type CandleDrawing, createCandleChart, levelLook } from "./candle-drawing";
import { colorOf } from "./chart-base";
import { CHART_HEIGHT } from "./chart-skeleton";
import type { Zoom } from "./equity-drawing";
import { useChart } from "./use-chart";
import { usePicture } from "./use-picture";
import { ZoomButtons } from "./zoom-buttons";

/** Candles with entry, exit, stop and target; the candle under the pointer in figures. */
export function CandleChart({
  drawing,
  label,
  note,
}: {
  drawing: Omit<CandleDrawing, "window">;
  label: string;
  /** What the candles are, for the picture. */
  note: string;
}) {
  const [hovered, setHovered] = useState<number | null>(null);
  const { frame, chart, zoomed, window, zone, theme, colours } = useChart((element, zone, zoom) =>
    createCandleChart(element, zone, { ...zoom, onHover: setHovered }),
  );

  // The colours are read from the page, so a change of theme draws anew.
  useEffect(() => {
    chart.current?.draw({ ...drawing, window });
  }, [drawing, window, zone, theme, colours]);

  const picture = usePicture(
    () => chart.current?.shoot(),
    () => ({
      title: label,
      notes: [note],
      keys: drawing.levels.map(({ name, exact }) => {
        const [color, dash] = levelLook(name);
        return { name, figure: price(exact), color: colorOf(color), dash };
      }),
    }),
  );
  const bar = hovered === null ? undefined : drawing.bars.find((one) => one.time === hovered);
  return (
    <figure className="relative m-0" aria-label={label}>
      <Legend bar={bar} />
      <div ref={frame} aria-hidden="true" className={CHART_HEIGHT.candles} />
      <ZoomButtons
        zoomed={zoomed}
        onZoom={(way: Zoom) => chart.current?.zoom(way)}
        onPicture={picture}
      />
    </figure>
  );
}

function Legend({ bar }: { bar: Bar | undefined }) {
  const { zone } = usePrefs();
  const candle = bar?.candle;
  return (
    <p
      aria-hidden="true"
      className="num pointer-events-none absolute top-1 left-3 z-10 flex flex-wrap gap-x-3 text-faint"
    >
      {bar && <span>{full(bar.time * 1000, zone)}</span>}
      {candle ? (
        <>
          <span>O {price(candle.open)}</span>
          <span>H {price(candle.high)}</span>
          <span>L {price(candle.low)}</span>
          <span>C {price(candle.close)}</span>
        </>
      ) : (
        bar && <span>nothing recorded</span>
      )}
    </p>
  );
}
