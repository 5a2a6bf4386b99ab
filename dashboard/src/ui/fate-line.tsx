import type { Fate, Fates, Tone } from "@/lib/view-models/chain";

export const TONES: Record<Tone, string> = {
  good: "text-muted",
  bad: "text-loss",
  warn: "text-warn",
  plain: "text-text",
  faint: "text-faint",
};

const MARKS: Record<Tone, string> = { good: "✓", bad: "✗", warn: "~", plain: "", faint: "" };

/** A mark besides the colour: done, refused, changed. What went as asked stays quiet. */
export function ToneMark({ tone }: { tone: Tone }) {
  if (MARKS[tone] === "") return null;
  return (
    <span aria-hidden className={tone === "good" ? "text-gain" : ""}>
      {" "}
      {MARKS[tone]}
    </span>
  );
}

/** Asked → allowed → executed, on one line; what was not told is left out. */
export function FateLine({ fates }: { fates: Fates }) {
  const why = fates.asked.why ?? fates.allowed.why ?? fates.executed.why;
  const failed = fates.asked.tone === "bad";
  const told = [
    failed && <FateText key="failed" fate={{ ...fates.asked, word: "answer not used" }} />,
    fates.asked.figure && (
      <span key="asked" className="num">
        {fates.asked.figure}
      </span>
    ),
    fates.allowed.told !== false && <FateText key="allowed" fate={fates.allowed} />,
    !failed && fates.executed.told !== false && <FateText key="executed" fate={fates.executed} />,
  ].filter(Boolean);
  return (
    <span
      className="flex h-4 w-full items-center gap-1.5 overflow-hidden whitespace-nowrap text-sm"
      title={why ?? undefined}
    >
      {told.flatMap((part, index) =>
        index === 0 ? [part] : [<Arrow key={`arrow-${index}`} />, part],
      )}
    </span>
  );
}

function FateText({ fate }: { fate: Fate }) {
  const figure = fate.figure || fate.at;
  return (
    // A word is never squeezed under what follows it; a figure gives way, and says so.
    <span
      className={`inline-flex items-baseline gap-1 ${figure ? "min-w-0" : "shrink-0"} ${TONES[fate.tone]}`}
    >
      <span className="shrink-0">
        {fate.word}
        <ToneMark tone={fate.tone} />
      </span>
      {figure && <span className="num truncate">{fate.figure ?? `@ ${fate.at}`}</span>}
    </span>
  );
}

function Arrow() {
  return (
    <span aria-hidden className="text-faint">
      →
    </span>
  );
}
