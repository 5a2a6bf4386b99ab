"use client";
import { useLit } from "@/lib/prefs/use-lit";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { labelOf, type Unit } from "@/lib/view-models/equity";
import { full } from "@/lib/view-models/format-time";
import { hueColor } from "@/lib/view-models/hue";
import { LookMark } from "@/ui/look-mark";
import { ShortName } from "@/ui/short-name";
import type { Hover } from "./equity-drawing";

type Props = {
  hover: Hover;
  hues: Record<string, number>;
  unit: Unit;
  width: number;
  height: number;
};

/** Rows that stand below one another before a second column begins. */
const COLUMN = 12;

/** What all lines stand at under the pointer, sorted, with a mark on each line. */
export function EquityReadout({ hover, hues, unit, width, height }: Props) {
  const lit = useLit();
  const { zone } = usePrefs();
  const { readings } = hover;
  const atLeft = hover.x > width / 2;
  return (
    <div aria-hidden="true" className="pointer-events-none absolute inset-0 z-20" data-readout>
      <svg className="absolute inset-0" width={width} height={height} role="presentation">
        {readings.map(({ line, y, over }) =>
          y === null ? null : (
            <circle
              key={line.botId}
              cx={hover.x}
              cy={y}
              r={line.botId === lit ? 4.5 : 3}
              fill={over ? "var(--surface)" : hueColor(hues[line.botId])}
              stroke={hueColor(hues[line.botId])}
            />
          ),
        )}
      </svg>
      <div
        className="absolute top-1 rounded-sm border border-line-strong bg-surface/95 px-2 py-1"
        style={atLeft ? { right: width - hover.x + 14 } : { left: hover.x + 14 }}
      >
        <p className="label num">{full(hover.time * 1000, zone)}</p>
        <ol
          className="grid gap-x-4"
          style={{
            gridAutoFlow: "column",
            gridTemplateRows: `repeat(${Math.min(COLUMN, readings.length)}, auto)`,
          }}
        >
          {readings.map(({ line, exact, over }) => (
            <li
              key={line.botId}
              className={`flex h-4 items-center gap-1.5 text-xs ${lit !== null && lit !== line.botId ? "opacity-50" : ""}`}
            >
              <LookMark look={hues[line.botId]} wide />
              <span className={`flex w-28 min-w-0 ${over ? "text-faint" : ""}`}>
                <ShortName text={line.name} />
              </span>
              <span className={`num ml-auto text-right ${over ? "text-faint" : ""}`}>
                {labelOf(exact, unit)}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}
