"use client";
import { useEffect, useRef, useState } from "react";
import { usePrefs } from "@/prefs/use-prefs";
import { type Line, labelOf, spread, type Unit } from "@/shape/equity";
import { hueColor } from "@/shape/hue";
import { type ChartHandle, createEquityChart, gutter, isNarrow, type Tip } from "./equity-drawing";

type Props = {
  lines: readonly Line[];
  hues: Record<string, number>;
  unit: Unit;
  onPick: (botId: string) => void;
};

/** A label stands on two lines where the page is narrow. */
const LABEL_HEIGHT = { narrow: 32, wide: 24 };

/** The lines themselves, with their names and figures at their ends. */
export function EquityChart({ lines, hues, unit, onPick }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<ChartHandle | null>(null);
  const [tips, setTips] = useState<Tip[]>([]);
  const [hovered, setHovered] = useState<number | null>(null);
  const { theme, zone } = usePrefs();

  useEffect(() => {
    if (!frame.current) return;
    const handle = createEquityChart(frame.current, { onTips: setTips, onHover: setHovered });
    chart.current = handle;
    return () => {
      chart.current = null;
      handle.remove();
    };
  }, []);

  // The colours are read from the page, so a change of theme draws anew.
  useEffect(() => {
    chart.current?.draw({ lines, hues, unit, zone });
  }, [lines, hues, unit, zone, theme]);

  const height = frame.current?.clientHeight ?? 320;
  const size = isNarrow(frame.current?.clientWidth ?? 0) ? LABEL_HEIGHT.narrow : LABEL_HEIGHT.wide;
  const tops = spread(
    tips.map((tip) => tip.y - size / 2),
    size,
    height - 28,
  );
  return (
    <figure className="relative m-0" aria-label={`Equity lines of ${lines.length} bots`}>
      <div ref={frame} aria-hidden="true" className="h-72 md:h-80" />
      <ul
        className="absolute inset-y-0 right-0 z-10"
        style={{ width: gutter(frame.current?.clientWidth ?? 0) }}
      >
        {tips.map((tip, index) => {
          const line = lines.find((one) => one.botId === tip.botId);
          if (!line) return null;
          return (
            <li key={tip.botId} className="absolute w-full" style={{ top: tops[index] }}>
              <EndLabel
                line={line}
                color={hueColor(hues[tip.botId])}
                figure={figureAt(line, hovered, unit)}
                narrow={size === LABEL_HEIGHT.narrow}
                onPick={onPick}
              />
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

/** The line's figure under the pointer, or at its end. */
function figureAt(line: Line, hovered: number | null, unit: Unit): string {
  if (hovered === null) return line.last;
  const place = line.places.find((one) => one.time === hovered);
  return place?.exact === undefined ? "—" : labelOf(place.exact, unit);
}

type LabelProps = {
  line: Line;
  color: string;
  figure: string;
  narrow: boolean;
  onPick: (id: string) => void;
};

function EndLabel({ line, color, figure, narrow, onPick }: LabelProps) {
  return (
    <button
      type="button"
      onClick={() => onPick(line.botId)}
      title={`${line.name}: show alone, or all again`}
      className={`flex w-full bg-surface pr-2 pl-1 text-left hover:bg-raised ${narrow ? "h-8 flex-col justify-center" : "h-6 items-center gap-2"}`}
    >
      <span className="min-w-0 truncate text-sm" style={{ color, flex: narrow ? "none" : "1" }}>
        {line.name}
      </span>
      <span className="num">{figure}</span>
    </button>
  );
}
