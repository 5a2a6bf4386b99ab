"use client";
import { useMemo, useState } from "react";
import { changedParts, folded, type Part, paired, type Shown } from "@/lib/view-models/diff-fold";
import { count } from "@/lib/view-models/format-number";
import type { DiffLine } from "@/lib/view-models/line-diff";

/** So many rows are drawn at a time, so that none of it takes long. */
const ROWS = 250;
/** A longer line is cut: its whole text stands under Raw. */
const LINE = 4000;

/** A difference line by line: what went with −, what came with +; equal runs are folded. */
export function DiffLines({ lines, label }: { lines: readonly DiffLine[]; label: string }) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [limit, setLimit] = useState(ROWS);
  const shown = useMemo(() => unfold(folded(paired(lines)), unfolded), [lines, unfolded]);
  return (
    <div className="px-3 pb-3">
      <section
        aria-label={`${label}: what changed`}
        className="relative max-h-[32rem] overflow-auto rounded-sm border bg-bg py-1 font-mono text-sm"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keys
        tabIndex={0}
      >
        {shown.slice(0, limit).map((one, index) =>
          one.kind === "fold" ? (
            <button
              key={one.key}
              type="button"
              onClick={() => setUnfolded(new Set([...unfolded, one.key]))}
              className="target w-full px-2 text-left text-faint hover:bg-raised hover:text-text"
            >
              … {count(one.lines.length)} equal lines
            </button>
          ) : (
            <Line key={one.key} line={one} parts={partsFor(shown, index)} />
          ),
        )}
      </section>
      {shown.length > limit && (
        <button
          type="button"
          onClick={() => setLimit(limit + ROWS)}
          className="target mt-2 rounded-sm border px-2 text-sm hover:bg-raised"
        >
          Show more: {count(limit)} of {count(shown.length)} lines are shown
        </button>
      )}
    </div>
  );
}

function unfold(shown: readonly Shown[], open: ReadonlySet<string>): Shown[] {
  return shown.flatMap((one): Shown[] =>
    one.kind === "fold" && open.has(one.key)
      ? one.lines.map((line, at) => ({ ...line, key: `${one.key}-${at}` }))
      : [one],
  );
}

/** A removed line right before an added one stands for it: what differs within is marked. */
function partsFor(shown: readonly Shown[], at: number): Part[] | null {
  const one = shown[at];
  const [before, after] = [shown[at - 1], shown[at + 1]];
  if (one?.kind === "removed" && after?.kind === "added" && before?.kind !== "removed") {
    return changedParts(one.text, after.text).before;
  }
  const twoBefore = shown[at - 2];
  if (one?.kind === "added" && before?.kind === "removed" && twoBefore?.kind !== "removed") {
    return changedParts(before.text, one.text).after;
  }
  return null;
}

const LOOKS = {
  same: { mark: " ", word: "", className: "text-faint" },
  added: { mark: "+", word: "added", className: "bg-gain/10" },
  removed: { mark: "−", word: "removed", className: "bg-loss/10 text-muted" },
} as const;

function Line({ line, parts }: { line: DiffLine; parts: Part[] | null }) {
  const { mark, word, className } = LOOKS[line.kind];
  const isCut = line.text.length > LINE;
  const strong = line.kind === "added" ? "bg-gain/25" : "bg-loss/25 line-through";
  return (
    <div className={`flex ${className}`}>
      <span aria-hidden className="w-6 shrink-0 select-none text-center">
        {mark}
      </span>
      <span dir="auto" className="min-w-0 flex-1 whitespace-pre-wrap break-words pr-2">
        {word && <span className="sr-only">{word}: </span>}
        {parts && !isCut
          ? parts.map((part, at) =>
              part.changed ? (
                <mark key={`${at}-${part.text.length}`} className={`text-text ${strong}`}>
                  {part.text}
                </mark>
              ) : (
                part.text
              ),
            )
          : line.text.slice(0, LINE) || " "}
        {isCut && <span className="text-faint">… {count(line.text.length - LINE)} more</span>}
      </span>
    </div>
  );
}
