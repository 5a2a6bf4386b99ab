"use client";
import { Eye, EyeOff } from "lucide-react";
import { setLit } from "@/lib/prefs/use-lit";
import type { Line } from "@/lib/view-models/equity";
import { LookMark } from "@/ui/look-mark";
import { Popover } from "@/ui/popover";
import { ShortName } from "@/ui/short-name";
import type { Choice } from "./equity-labels";

type Props = {
  /** All lines, those that are hidden too, best first. */
  lines: readonly Line[];
  shown: ReadonlySet<string>;
  off: ReadonlySet<string>;
  hues: Record<string, number>;
  choice: Choice | undefined;
  /** What the button says: how many lines have no label. */
  text: string;
};

/** The list of all lines: also those without a label, and those that are hidden. */
export function EquityLines({ lines, shown, off, hues, choice, text }: Props) {
  return (
    <Popover
      label="Lines of the chart"
      text={text}
      textClass="target w-full truncate bg-surface px-1 text-left text-accent text-sm hover:underline"
      printed
      onClosed={() => setLit(null)}
      className="max-h-[min(28rem,80dvh)] w-80 max-w-[calc(100vw-1rem)] overflow-y-auto py-1"
    >
      {() => (
        <ul>
          {lines.map((line) => (
            <li
              key={line.botId}
              className="flex items-center gap-2 px-2 hover:bg-raised"
              onPointerEnter={() => setLit(line.botId)}
              onPointerLeave={() => setLit(null)}
            >
              <Shown line={line} isShown={shown.has(line.botId)} choice={choice} />
              <LookMark look={hues[line.botId]} wide />
              <span
                className={`flex min-w-0 flex-1 text-sm ${shown.has(line.botId) ? "" : "text-faint line-through"}`}
              >
                <ShortName text={line.name} />
              </span>
              {off.has(line.botId) && <span className="label">off scale</span>}
              <span className="num">{line.last}</span>
              {choice && (
                <button
                  type="button"
                  aria-label={`Only ${line.name}`}
                  onClick={() => choice.onAlone(line.botId)}
                  className="target text-muted text-sm hover:text-accent hover:underline"
                >
                  only
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

type ShownProps = { line: Line; isShown: boolean; choice: Choice | undefined };

function Shown({ line, isShown, choice }: ShownProps) {
  if (!choice) return null;
  const Icon = isShown ? Eye : EyeOff;
  return (
    <button
      type="button"
      aria-pressed={isShown}
      aria-label={`Show ${line.name}`}
      onClick={() => choice.onHide(line.botId)}
      className="target inline-flex items-center justify-center text-muted hover:text-text"
    >
      <Icon size={13} aria-hidden />
    </button>
  );
}
