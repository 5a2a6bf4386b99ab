"use client";
import { useEffect, useRef, useState } from "react";
import { usePrefs } from "@/prefs/use-prefs";
import { useZoom } from "@/prefs/use-zoom";
import { type Line, labelOf, namedTips, spread, type Unit } from "@/shape/equity";
import { hueColor } from "@/shape/hue";
import type { Window } from "@/shape/window";
import {
  type ChartHandle,
  createEquityChart,
  gutter,
  isNarrow,
  type Tip,
  type Zoom,
} from "./equity-drawing";
import { ZoomButtons } from "./zoom-buttons";

type Props = {
  lines: readonly Line[];
  hues: Record<string, number>;
  unit: Unit;
  span: string;
  /** Left out where a line cannot be shown alone. */
  onPick?: (botId: string) => void;
};

/** A label stands on two lines where the page is narrow. */
const LABEL_HEIGHT = { narrow: 32, wide: 24 };
/** The axis of time under the lines. */
const AXIS = 28;

/** The lines themselves, with their names and figures at their ends. */
export function EquityChart({ lines, hues, unit, span, onPick }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<ChartHandle | null>(null);
  const [tips, setTips] = useState<Tip[]>([]);
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
    const callbacks = { onTips: setTips, onHover: setHovered, onZoom: setZoomed, onWindow: tell };
    const handle = createEquityChart(frame.current, zone, callbacks);
    chart.current = handle;
    return () => {
      chart.current = null;
      handle.remove();
    };
  }, [zone]);

  // The colours are read from the page, so a change of theme draws anew.
  useEffect(() => {
    chart.current?.draw({ lines, hues, unit, span, window });
  }, [lines, hues, unit, span, window, zone, theme, colours]);

  const width = frame.current?.clientWidth ?? 0;
  const height = (frame.current?.clientHeight ?? 320) - AXIS;
  const size = isNarrow(width) ? LABEL_HEIGHT.narrow : LABEL_HEIGHT.wide;
  const named = namedTips(tips, Math.floor(height / size));
  const tops = spread(
    named.map((tip) => tip.y - size / 2),
    size,
    height,
  );
  return (
    <figure className="relative m-0" aria-label={`Equity lines of ${lines.length} bots`}>
      <div ref={frame} aria-hidden="true" className="h-72 md:h-80" />
      <ul
        className={`absolute top-0 right-0 bottom-7 z-10 ${zoomed ? "bg-surface" : ""}`}
        style={{ width: gutter(width) }}
      >
        {named.map((tip, index) => {
          const line = lines.find((one) => one.botId === tip.botId);
          if (!line) return null;
          return (
            <li key={tip.botId} className="absolute w-full" style={{ top: tops[index] }}>
              <EndLabel
                line={line}
                color={hueColor(hues[tip.botId])}
                figure={hovered === null ? labelOf(tip.exact, unit) : figureAt(line, hovered, unit)}
                narrow={size === LABEL_HEIGHT.narrow}
                onPick={onPick}
              />
            </li>
          );
        })}
      </ul>
      <ZoomButtons
        zoomed={zoomed}
        width={zoomed ? gutter(width) : undefined}
        onZoom={(way: Zoom) => chart.current?.zoom(way)}
      />
    </figure>
  );
}

/** The line's figure under the pointer. */
function figureAt(line: Line, hovered: number, unit: Unit): string {
  const place = line.places.find((one) => one.time === hovered);
  return place?.exact === undefined ? "—" : labelOf(place.exact, unit);
}

type LabelProps = {
  line: Line;
  color: string;
  figure: string;
  narrow: boolean;
  onPick: ((id: string) => void) | undefined;
};

function EndLabel({ line, color, figure, narrow, onPick }: LabelProps) {
  return (
    <button
      type="button"
      disabled={!onPick}
      onClick={() => onPick?.(line.botId)}
      title={onPick ? `${line.name}: show alone, or all again` : line.name}
      className={`flex w-full bg-surface pr-2 pl-1 text-left enabled:hover:bg-raised disabled:cursor-default ${narrow ? "h-8 flex-col justify-center" : "h-6 items-center gap-2"}`}
    >
      <span className="min-w-0 truncate text-sm" style={{ color, flex: narrow ? "none" : "1" }}>
        {line.name}
      </span>
      <span className="num">{figure}</span>
    </button>
  );
}
