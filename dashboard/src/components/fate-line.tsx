import type { Fate, Fates, Tone } from "@/shape/chain";

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

/** Asked → allowed → executed, on one line. */
export function FateLine({ fates }: { fates: Fates }) {
  const why = fates.asked.why ?? fates.allowed.why ?? fates.executed.why;
  return (
    <span
      className="flex w-full items-center gap-1.5 overflow-hidden whitespace-nowrap text-sm"
      title={why ?? undefined}
    >
      {fates.asked.figure && <span className="num">{fates.asked.figure}</span>}
      {fates.asked.figure && <Arrow />}
      <FateText fate={fates.allowed} />
      <Arrow />
      <FateText fate={fates.executed} />
    </span>
  );
}

function FateText({ fate }: { fate: Fate }) {
  return (
    <span className={`inline-flex min-w-0 items-baseline gap-1 ${TONES[fate.tone]}`}>
      <span>
        {fate.word}
        <ToneMark tone={fate.tone} />
      </span>
      {(fate.figure || fate.at) && (
        <span className="num truncate">{fate.figure ?? `@ ${fate.at}`}</span>
      )}
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
