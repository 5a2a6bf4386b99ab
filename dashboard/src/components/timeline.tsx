import type { Step } from "@/shape/chain";
import { TONES, ToneMark } from "./fate-line";

const DOTS = {
  good: "bg-gain",
  bad: "bg-loss",
  warn: "bg-warn",
  plain: "bg-muted",
  faint: "border border-line-strong bg-surface",
} as const;

/** The chain of a decision from its trigger to what came of it. */
export function Timeline({ steps }: { steps: readonly Step[] }) {
  return (
    <ol
      aria-label="Chain of the decision"
      className="grid grid-cols-4 gap-y-3 px-3 py-3 xl:grid-cols-8"
    >
      {steps.map((step) => (
        <li key={step.key} className="relative min-w-0 pt-4 pr-3">
          <span aria-hidden className="absolute top-[5px] left-0 w-full border-t" />
          <span
            aria-hidden
            className={`absolute top-0.5 left-0 size-[7px] rounded-full ${DOTS[step.state]}`}
          />
          <span className="label block">{step.key}</span>
          <span
            className={`block truncate text-sm ${step.state === "good" ? "text-text" : TONES[step.state]}`}
            title={step.word}
          >
            {step.word}
            <ToneMark tone={step.state} />
          </span>
          {step.detail && (
            <span className="num block truncate text-faint" title={step.detail}>
              {step.detail}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
