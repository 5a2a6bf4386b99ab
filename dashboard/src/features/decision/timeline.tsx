"use client";
import Link from "next/link";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { duration } from "@/lib/view-models/format-number";
import { clock, full } from "@/lib/view-models/format-time";
import type { Step } from "@/lib/view-models/steps";
import { TONES, ToneMark } from "@/ui/stage-line";

const DOTS = {
  good: "bg-gain",
  bad: "bg-loss",
  warn: "bg-warn",
  plain: "bg-muted",
  faint: "border border-line-strong bg-surface",
} as const;

/** The chain of a decision from its trigger to what came of it, with times and durations. */
export function Timeline({ steps }: { steps: readonly Step[] }) {
  return (
    <ol
      aria-label="Chain of the decision"
      className="grid grid-cols-2 gap-y-3 px-3 py-3 sm:grid-cols-4 @min-[46rem]:grid-cols-1"
    >
      {steps.map((step) => (
        <li key={step.key} className="relative min-w-0 pt-4 pr-3">
          <span aria-hidden className="absolute top-[5px] left-0 w-full border-t" />
          <span
            aria-hidden
            className={`absolute top-0.5 left-0 size-[7px] rounded-full ${DOTS[step.state]}`}
          />
          <span className="label block">{step.key}</span>
          <Word step={step} />
          {step.detail && (
            <span className="num block truncate text-faint" title={step.detail}>
              {step.detail}
            </span>
          )}
          <Time step={step} />
        </li>
      ))}
    </ol>
  );
}

function Word({ step }: { step: Step }) {
  const tone = step.state === "good" ? "text-text" : TONES[step.state];
  const word = (
    <>
      {step.word}
      {step.key !== "outcome" && <ToneMark tone={step.state} />}
    </>
  );
  return (
    <span className={`block truncate text-sm ${tone}`} title={step.word}>
      {step.href ? (
        <Link
          prefetch={false}
          href={step.href}
          className="target -my-1 inline-flex items-center underline decoration-line-strong underline-offset-2 hover:text-accent"
        >
          {word}
        </Link>
      ) : (
        word
      )}
    </span>
  );
}

/** When it happened, and how long it took. */
function Time({ step: { at, about, took } }: { step: Step }) {
  const { zone } = usePrefs();
  if (!at && took == null) return null;
  return (
    <span className="num block whitespace-normal! text-faint">
      {at && (
        <time dateTime={at} title={full(at, zone)}>
          {about && <span title="Reckoned back by what the model took">≈ </span>}
          {clock(at, zone)}
        </time>
      )}
      {at && took != null && " · "}
      {took != null && <span title="How long it took">{duration(took)}</span>}
    </span>
  );
}
