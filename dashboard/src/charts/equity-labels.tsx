"use client";
import { useRef } from "react";
import { setLit, useLit } from "@/lib/prefs/use-lit";
import { type Line, labelOf, namedTips, spread, type Unit } from "@/lib/view-models/equity";
import { hueColor } from "@/lib/view-models/hue";
import { ShortName } from "@/ui/short-name";
import { gutter, isNarrow, type Tip } from "./equity-drawing";

/** A label stands on two lines where the page is narrow. */
const LABEL_HEIGHT = { narrow: 32, wide: 24 };
/** Room for the leaders from the ends of the lines to their labels, in pixels. */
const LEADER = 20;
/** A second click within this many milliseconds makes a double click of the first. */
const DOUBLE = 250;

export type Choice = {
  /** Takes a line out of the chart, or puts it back. */
  onHide: (bot: string) => void;
  /** Shows a line alone, or all again. */
  onAlone: (bot: string) => void;
};

type Props = {
  lines: readonly Line[];
  tips: readonly Tip[];
  hues: Record<string, number>;
  unit: Unit;
  width: number;
  height: number;
  choice: Choice | undefined;
};

/** The names and last figures of the lines, each led to from its line's end. */
export function EquityLabels({ lines, tips, hues, unit, width, height, choice }: Props) {
  const lit = useLit();
  const narrow = isNarrow(width);
  const size = narrow ? LABEL_HEIGHT.narrow : LABEL_HEIGHT.wide;
  const named = namedTips(tips, Math.floor(height / size), lit);
  const tops = spread(
    named.map((tip) => tip.y - size / 2),
    size,
    named.length < lines.length ? height - size : height,
  );
  const left = width - gutter(width) + LEADER;
  return (
    <>
      <svg
        aria-hidden="true"
        className="pointer-events-none absolute inset-0 z-[5]"
        width={width}
        height={height}
      >
        {named.map((tip, index) => (
          <path
            key={tip.botId}
            d={`M${tip.x + 2} ${tip.y}H${Math.max(tip.x + 2, left - LEADER + 4)}L${left - 2} ${(tops[index] ?? 0) + size / 2}`}
            fill="none"
            stroke={hueColor(hues[tip.botId])}
            strokeWidth="1"
            strokeDasharray="1 3"
            opacity={lit === null || lit === tip.botId ? 0.9 : 0.25}
          />
        ))}
      </svg>
      <ul className="absolute top-0 right-0 z-10" style={{ width: gutter(width) - LEADER }}>
        {named.map((tip, index) => {
          const line = lines.find((one) => one.botId === tip.botId);
          return line ? (
            <li key={tip.botId} className="absolute w-full" style={{ top: tops[index] }}>
              <EndLabel
                line={line}
                color={hueColor(hues[tip.botId])}
                figure={labelOf(tip.exact, unit)}
                narrow={narrow}
                dim={lit !== null && lit !== tip.botId}
                choice={choice}
              />
            </li>
          ) : null;
        })}
      </ul>
    </>
  );
}

type LabelProps = {
  line: Line;
  color: string;
  figure: string;
  narrow: boolean;
  dim: boolean;
  choice: Choice | undefined;
};

function EndLabel({ line, color, figure, narrow, dim, choice }: LabelProps) {
  const press = usePress(line.botId, choice);
  return (
    <button
      type="button"
      disabled={!choice}
      {...press}
      onPointerEnter={() => setLit(line.botId)}
      onPointerLeave={() => setLit(null)}
      onFocus={() => setLit(line.botId)}
      onBlur={() => setLit(null)}
      title={choice ? `${line.name}: click hides it, double click shows it alone` : line.name}
      className={`flex w-full bg-surface pr-2 pl-1 text-left enabled:hover:bg-raised disabled:cursor-default ${dim ? "opacity-50" : ""} ${narrow ? "h-8 flex-col justify-center" : "h-6 items-center gap-2"}`}
    >
      <span className="flex min-w-0 flex-1 text-sm" style={{ color }}>
        <ShortName text={line.name} />
      </span>
      <span className="num shrink-0">{figure}</span>
    </button>
  );
}

/** Click hides, double click shows alone; by keys Enter hides, Shift and Enter shows alone. */
export function usePress(bot: string, choice: Choice | undefined) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  return {
    onClick: (event: React.MouseEvent) => {
      clearTimeout(timer.current);
      if (!choice) return;
      if (event.shiftKey || event.detail > 1) choice.onAlone(bot);
      else if (event.detail === 0) choice.onHide(bot);
      else timer.current = setTimeout(() => choice.onHide(bot), DOUBLE);
    },
  };
}
