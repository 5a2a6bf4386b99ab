"use client";
import { useEffect, useRef, useState } from "react";
import { usePrefs } from "@/prefs/use-prefs";
import { useZoom } from "@/prefs/use-zoom";
import type { Bar } from "@/shape/candles";
import { price } from "@/shape/format-number";
import { full } from "@/shape/format-time";
import type { Window } from "@/shape/window";
import { type CandleDrawing, type CandleHandle, createCandleChart } from "./candle-drawing";
import type { Zoom } from "./equity-drawing";
import { ZoomButtons } from "./zoom-buttons";

/** Candles with entry, exit, stop and target; the candle under the pointer in figures. */
export function CandleChart({
  drawing,
  label,
}: {
  drawing: Omit<CandleDrawing, "window">;
  label: string;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<CandleHandle | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const [zoomed, setZoomed] = useState(false);
  const [window, setWindow] = useZoom();
  const onWindow = useRef(setWindow);
  useEffect(() => {
    onWindow.current = setWindow;
  });
  const { theme, zone, colours } = usePrefs();

  useEffect(() => {
    if (!frame.current) return;
    const tell = (next: Window | null) => void onWindow.current(next);
    const callbacks = { onHover: setHovered, onZoom: setZoomed, onWindow: tell };
    const handle = createCandleChart(frame.current, zone, callbacks);
    chart.current = handle;
    return () => {
      chart.current = null;
      handle.remove();
    };
  }, [zone]);

  // The colours are read from the page, so a change of theme draws anew.
  useEffect(() => {
    chart.current?.draw({ ...drawing, window });
  }, [drawing, window, zone, theme, colours]);

  const bar = hovered === null ? undefined : drawing.bars.find((one) => one.time === hovered);
  return (
    <figure className="relative m-0" aria-label={label}>
      <Legend bar={bar} />
      <div ref={frame} aria-hidden="true" className="h-72 md:h-96" />
      <ZoomButtons zoomed={zoomed} onZoom={(way: Zoom) => chart.current?.zoom(way)} />
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
