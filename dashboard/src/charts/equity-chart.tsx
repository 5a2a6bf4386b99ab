"use client";
import { useEffect, useMemo, useState } from "react";
import { setLit, useLit } from "@/lib/prefs/use-lit";
import { type Line, namedTips, type Unit } from "@/lib/view-models/equity";
import { count } from "@/lib/view-models/format-number";
import { dashOf, hueColor } from "@/lib/view-models/hue";
import { offScale } from "@/lib/view-models/scale";
import { CHART_HEIGHT } from "./chart-skeleton";
import {
  createEquityChart,
  gutter,
  type Hover,
  isNarrow,
  type Tip,
  type Zoom,
} from "./equity-drawing";
import { type Choice, EquityLabels } from "./equity-labels";
import { EquityLines } from "./equity-lines";
import { EquityReadout } from "./equity-readout";
import { PICTURE_DASHES, solid } from "./picture";
import { useChart } from "./use-chart";
import { usePicture } from "./use-picture";
import { ZoomButtons } from "./zoom-buttons";

type Props = {
  /** What the picture of it is called. */
  title: string;
  lines: readonly Line[];
  hues: Record<string, number>;
  unit: Unit;
  span: string;
  /** Lines that are not drawn, though they stand in the list. */
  hidden?: ReadonlySet<string>;
  /** Left out where lines cannot be chosen. */
  choice?: Choice;
  /** Whether the scale reaches to every line, and a way to change that. */
  whole: boolean;
  onWhole: (whole: boolean) => void;
};

/** The axis of time under the lines. */
const AXIS = 28;
const NONE: ReadonlySet<string> = new Set();

/** The lines themselves, with their names and figures at their ends. */
export function EquityChart(props: Props) {
  const { title, lines, hues, unit, span, hidden = NONE, choice, whole, onWhole } = props;
  const [tips, setTips] = useState<Tip[]>([]);
  const [hover, setHover] = useState<Hover | null>(null);
  const { frame, chart, zoomed, window, zone, theme, colours } = useChart((element, zone, zoom) =>
    createEquityChart(element, zone, {
      ...zoom,
      onTips: setTips,
      onHover: setHover,
      onLine: setLit,
    }),
  );
  const lit = useLit();
  const drawn = useMemo(() => lines.filter((line) => !hidden.has(line.botId)), [lines, hidden]);
  const far = useMemo(() => offScale(drawn), [drawn]);
  const off = whole ? NONE : far;

  // The colours are read from the page, so a change of theme draws anew.
  useEffect(() => {
    chart.current?.draw({ lines: drawn, hues, unit, off, span, window });
  }, [drawn, hues, unit, off, span, window, zone, theme, colours]);
  useEffect(() => chart.current?.light(lit), [lit]);
  useEffect(() => () => setLit(null), []);

  const picture = usePicture(
    () => chart.current?.shoot(),
    () => ({
      title,
      notes: [noteOf(unit, span, off, drawn)],
      keys: drawn.map((line) => ({
        name: line.name,
        figure: line.last,
        color: solid(hueColor(hues[line.botId])),
        dash: PICTURE_DASHES[dashOf(hues[line.botId])],
      })),
    }),
  );

  const width = frame.current?.clientWidth ?? 0;
  const height = (frame.current?.clientHeight ?? 320) - AXIS;
  const room = Math.floor(height / (isNarrow(width) ? 32 : 24));
  const unnamed = lines.length - namedTips(tips, room).length;
  return (
    <figure className="relative m-0" aria-label={`Equity lines of ${drawn.length} bots`}>
      <div ref={frame} aria-hidden="true" className={CHART_HEIGHT.lines} />
      <div className={zoomed ? "[&_ul]:bg-surface" : ""}>
        <EquityLabels
          lines={drawn}
          tips={tips}
          hues={hues}
          unit={unit}
          width={width}
          height={height}
          choice={choice}
        />
      </div>
      <div
        className="absolute right-0 z-10 flex flex-col"
        style={{ bottom: AXIS, width: gutter(width) - 20 }}
      >
        {tips.length > 0 && unnamed > 0 && (
          <EquityLines
            lines={lines}
            shown={new Set(drawn.map((line) => line.botId))}
            off={far}
            hues={hues}
            choice={choice}
            text={`${count(unnamed)} more`}
          />
        )}
      </div>
      {far.size > 0 && (
        <button
          type="button"
          data-print
          aria-pressed={whole}
          onClick={() => onWhole(!whole)}
          title={`${lines
            .filter((line) => far.has(line.botId))
            .map((line) => `${line.name} ${line.last}`)
            .join(", ")}${whole ? "" : ": outside the scale; click to show"}`}
          className="target absolute bottom-7 left-20 z-10 rounded-sm bg-surface px-1 text-sm text-warn hover:underline"
        >
          {whole ? "leave far lines off the scale" : `${count(far.size)} off scale`}
        </button>
      )}
      {hover && hover.readings.length > 0 && (
        <EquityReadout hover={hover} hues={hues} unit={unit} width={width} height={height} />
      )}
      <ZoomButtons
        zoomed={zoomed}
        width={zoomed ? gutter(width) : undefined}
        onZoom={(way: Zoom) => chart.current?.zoom(way)}
        onPicture={picture}
      />
    </figure>
  );
}

const UNITS: Record<Unit, string> = { usd: "equity in USD", pct: "return", dd: "drawdown" };

/** What is drawn, over which range, and what lies outside of the scale. */
function noteOf(unit: Unit, span: string, off: ReadonlySet<string>, lines: readonly Line[]) {
  const far = lines.filter((line) => off.has(line.botId)).map((one) => `${one.name} ${one.last}`);
  const beyond = far.length > 0 ? ` · off scale: ${far.join(", ")}` : "";
  return `${UNITS[unit]}, range ${span}${beyond}`;
}
