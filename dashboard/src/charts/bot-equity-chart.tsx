"use client";
import { useEffect, useRef, useState } from "react";
import { endIn, labelOf, type Unit } from "@/lib/view-models/equity";
import { full } from "@/lib/view-models/format-time";
import { hueColor } from "@/lib/view-models/hue";
import { createMarkedChart, type MarkedDrawing } from "./bot-equity-drawing";
import { CHART_HEIGHT } from "./chart-skeleton";
import type { Zoom } from "./equity-drawing";
import { solid } from "./picture";
import { useChart } from "./use-chart";
import { usePicture } from "./use-picture";
import { ZoomButtons } from "./zoom-buttons";

const UNITS: Record<Unit, string> = { usd: "in USD", pct: "return", dd: "drawdown" };
const MARKS = "arrow up: buy, arrow down: sell, square: close, grey: refused";

type Props = {
  drawing: Omit<MarkedDrawing, "window"> & { range: string };
  onMarker: (id: string | null) => void;
  onPick: (id: string) => void;
};

/** A bot's equity line; its figure under the pointer, else the last. */
export function BotEquityChart({ drawing, onMarker, onPick }: Props) {
  const [hovered, setHovered] = useState<number | null>(null);
  const heard = useRef({ onMarker, onPick });
  useEffect(() => {
    heard.current = { onMarker, onPick };
  });
  const { frame, chart, zoomed, window, zone, theme, colours } = useChart((element, zone, zoom) =>
    createMarkedChart(element, zone, {
      ...zoom,
      onHover: setHovered,
      onMarker: (id) => heard.current.onMarker(id),
      onPick: (id) => heard.current.onPick(id),
    }),
  );

  // The colours are read from the page, so a change of theme draws anew.
  useEffect(() => {
    chart.current?.draw({ ...drawing, window });
  }, [drawing, window, zone, theme, colours]);

  const { line, unit } = drawing;
  const at = hovered === null ? -1 : line.places.findIndex((one) => one.time === hovered);
  const place = line.places[at];
  const picture = usePicture(
    () => chart.current?.shoot(),
    () => ({
      title: `Equity of ${line.name}`,
      notes: [`${UNITS[unit]}, range ${drawing.range}`, MARKS],
      keys: [{ name: line.name, figure: line.last, color: solid(hueColor(drawing.hue)) }],
    }),
  );
  // Between two reports the line has the value of the last one.
  const exact = at < 0 ? null : endIn(line, at);
  return (
    <figure className="relative m-0" aria-label={`Equity of ${line.name}`}>
      <p
        aria-hidden="true"
        className="num pointer-events-none absolute top-1 left-3 z-10 flex gap-3 text-faint"
      >
        {place && <span>{full(place.time * 1000, zone)}</span>}
        {at >= 0 && exact !== null && <span className="text-text">{labelOf(exact, unit)}</span>}
      </p>
      <div
        ref={frame}
        aria-hidden="true"
        className={`${CHART_HEIGHT.bot} ${drawing.lit ? "[&_canvas]:cursor-pointer" : ""}`}
      />
      <ZoomButtons
        zoomed={zoomed}
        onZoom={(way: Zoom) => chart.current?.zoom(way)}
        onPicture={picture}
      />
    </figure>
  );
}
