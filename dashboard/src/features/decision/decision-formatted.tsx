"use client";
import type { DecisionDetail } from "@/api/types";
import { effortOf, type Fact, planOf } from "@/lib/view-models/plan";
import { later } from "@/ui/later";
import { LongText } from "@/ui/long-text";

// The plain text stands where its Markdown will, about as high, or for good.
const Markdown = later(
  () => import("@/ui/markdown").then((module) => module.Markdown),
  PlainWords,
  PlainWords,
);

/** A longer reason is shown as plain text and cut; the whole of it stands in the record. */
const SET_UP_TO = 20_000;

/** Why it was decided, and what would make it wrong. */
export function DecisionReasoning({ detail }: { detail: DecisionDetail }) {
  return (
    <section aria-label="Reasoning" className="min-w-0 p-3">
      <h3 className="label mb-1">reasoning</h3>
      {detail.error && <p className="mb-2 break-words text-loss">{detail.error}</p>}
      {(detail.justification?.length ?? 0) > SET_UP_TO ? (
        <p className="whitespace-pre-wrap break-words" dir="auto">
          {detail.justification?.slice(0, SET_UP_TO)}…
        </p>
      ) : detail.justification ? (
        <Markdown text={detail.justification} />
      ) : (
        <p className="text-faint">No reason was given.</p>
      )}
      {detail.invalidation_condition && (
        <>
          <h3 className="label mt-3 mb-1">invalidated if</h3>
          <p className="break-words">{detail.invalidation_condition}</p>
        </>
      )}
    </section>
  );
}

function PlainWords({ text }: { text: string }) {
  return (
    <div className="prose-text max-w-[72ch] whitespace-pre-wrap break-words" dir="auto">
      {text}
    </div>
  );
}

/** With what plan, at what price and cost; the prompts below. */
export function DecisionFormatted({ detail }: { detail: DecisionDetail }) {
  const { id, texts } = detail;
  return (
    <>
      <div className="grid gap-x-10 gap-y-3 border-b p-3 sm:grid-cols-2">
        <Facts title="plan" facts={planOf(detail)} />
        <Facts title="effort" facts={effortOf(detail)} />
      </div>
      <Prompts detail={detail} />
      <LongText id={id} field="raw_response" title="Raw answer" length={texts.raw_response ?? 0} />
    </>
  );
}

/** What the model was asked. */
export function Prompts({ detail }: { detail: DecisionDetail }) {
  const { id, texts } = detail;
  return (
    <>
      <LongText id={id} field="user_prompt" title="User prompt" length={texts.user_prompt ?? 0} />
      <LongText
        id={id}
        field="system_prompt"
        title="System prompt"
        length={texts.system_prompt ?? 0}
      />
    </>
  );
}

function Facts({ title, facts }: { title: string; facts: readonly Fact[] }) {
  return (
    <section aria-label={title}>
      <h3 className="label mb-1">{title}</h3>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-3 gap-y-0.5">
        {facts.map((fact) => (
          <div key={fact.name} className="contents">
            <dt className="text-muted text-sm">{fact.name}</dt>
            <dd className="num truncate text-right" title={fact.value}>
              {fact.note && <span className="text-faint">{fact.note} </span>}
              {fact.value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
