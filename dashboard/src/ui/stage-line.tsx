import type { Stage, Stages, Tone } from "@/lib/view-models/chain";

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
export function StageLine({ stages }: { stages: Stages }) {
  const why = stages.asked.why ?? stages.allowed.why ?? stages.executed.why;
  const failed = stages.asked.tone === "bad";
  const told = [
    failed && <StageText key="failed" stage={{ ...stages.asked, word: "answer not used" }} />,
    stages.asked.figure && (
      <span key="asked" className="num">
        {stages.asked.figure}
      </span>
    ),
    stages.allowed.told !== false && <StageText key="allowed" stage={stages.allowed} />,
    !failed && stages.executed.told !== false && (
      <StageText key="executed" stage={stages.executed} />
    ),
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

function StageText({ stage }: { stage: Stage }) {
  const figure = stage.figure || stage.at;
  return (
    // A word is never squeezed under what follows it; a figure gives way, and says so.
    <span
      className={`inline-flex items-baseline gap-1 ${figure ? "min-w-0" : "shrink-0"} ${TONES[stage.tone]}`}
    >
      <span className="shrink-0">
        {stage.word}
        <ToneMark tone={stage.tone} />
      </span>
      {figure && <span className="num truncate">{stage.figure ?? `@ ${stage.at}`}</span>}
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
