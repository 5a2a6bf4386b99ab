"use client";
import Link from "next/link";
import { useMemo } from "react";
import { useDecision } from "@/api/queries/use-decision";
import { COMPARED, useDifference } from "@/api/queries/use-difference";
import { useEarlier } from "@/api/queries/use-earlier";
import type { DecisionDetail, DecisionRow, TextField } from "@/api/types";
import { changesBetween } from "@/lib/view-models/changes";
import { changesOf } from "@/lib/view-models/diff-fold";
import { count } from "@/lib/view-models/format-number";
import { type DiffLine, diffNow } from "@/lib/view-models/line-diff";
import { decisionHref } from "@/lib/view-models/screens";
import { Moment } from "@/ui/moment";
import { SkeletonRows } from "@/ui/panel";
import { SignalWord } from "@/ui/signal-word";
import { DiffLines } from "./decision-diff-lines";

const FIELDS: readonly { field: TextField; title: string }[] = [
  { field: "raw_response", title: "Answer" },
  { field: "user_prompt", title: "User prompt" },
  { field: "system_prompt", title: "System prompt" },
];

/** How this decision differs from the bot's previous one in the same coin. */
export function DecisionDiff({ detail }: { detail: DecisionDetail }) {
  const query = useEarlier(detail);
  if (query.isPending) return query.isError ? null : <SkeletonRows rows={4} />;
  if (query.isError) {
    return (
      <p role="alert" className="p-3 text-loss text-sm">
        {query.error.message}{" "}
        <button type="button" className="target text-accent" onClick={() => query.refetch()}>
          Try again
        </button>
      </p>
    );
  }
  if (!query.data) {
    return <p className="p-3 text-muted">It is this bot's first decision in {detail.coin}.</p>;
  }
  return <Against detail={detail} earlier={query.data} />;
}

function Against({ detail, earlier }: { detail: DecisionDetail; earlier: DecisionRow }) {
  const before = useDecision(earlier.id).data;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-2 border-b px-3 py-2 text-muted text-sm">
        Against the previous decision in {detail.coin}:
        <Link
          prefetch={false}
          href={decisionHref(earlier.id)}
          className="target inline-flex items-center gap-2 underline-offset-2 hover:text-accent hover:underline"
        >
          <Moment at={earlier.time} seconds />
          <SignalWord signal={earlier.signal} />
        </Link>
      </p>
      {before ? <Decided before={before} after={detail} /> : <SkeletonRows rows={2} />}
      {FIELDS.map(({ field, title }) => {
        if ((detail.texts[field] ?? 0) + (before?.texts[field] ?? 0) === 0) return null;
        return <Texts key={field} id={detail.id} other={earlier.id} field={field} title={title} />;
      })}
    </>
  );
}

/** What was decided, beside what was decided before; the reasons as a difference of texts. */
function Decided({ before, after }: { before: DecisionDetail; after: DecisionDetail }) {
  const changes = changesBetween(before, after);
  const reasons = useMemo(
    () => diffNow(reasonsOf(before.justification), reasonsOf(after.justification)),
    [before, after],
  );
  return (
    <>
      <section aria-label="Decision" className="border-b px-3 py-2">
        <h3 className="text-sm">
          Decision{" "}
          <span className="num text-faint">
            {changes.length === 0 ? "the same" : `${count(changes.length)} changed`}
          </span>
        </h3>
        <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4">
          {changes.map(({ name, before: was, after: is }) => (
            <div key={name} className="contents">
              <dt className="label">{name}</dt>
              <dd className="num min-w-0 whitespace-normal! break-words">
                <span className="text-faint">{was}</span>
                <span className="text-faint">
                  {" "}
                  <span aria-hidden>→</span>
                  <span className="sr-only">became</span>{" "}
                </span>
                {is}
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <Section title="Reasoning" lines={reasons} />
    </>
  );
}

/** A reason may be long: what lies beyond this is not compared. */
const REASON = 20_000;

const reasonsOf = (text: string | null) => (text ?? "").slice(0, REASON).split(/\r?\n/);

type TextsProps = { id: string; other: string; field: TextField; title: string };

function Texts({ id, other, field, title }: TextsProps) {
  const query = useDifference(id, other, field);
  if (query.isError) {
    return (
      <p role="alert" className="border-b px-3 py-2 text-loss text-sm">
        {title}: {query.error.message}{" "}
        <button type="button" className="target text-accent" onClick={() => query.refetch()}>
          Try again
        </button>
      </p>
    );
  }
  if (!query.data) return <SkeletonRows rows={2} />;
  const { lines, isCut } = query.data;
  const note = isCut ? `the first ${count(COMPARED)} characters are compared` : null;
  return <Section title={title} lines={lines} note={note} />;
}

type SectionProps = { title: string; lines: readonly DiffLine[]; note?: string | null };

function Section({ title, lines, note }: SectionProps) {
  const { added, removed } = changesOf(lines);
  return (
    <section aria-label={title} className="border-b">
      <h3 className="flex min-h-8 flex-wrap items-center gap-x-3 px-3 py-1 text-sm">
        {title}
        <span className="num text-faint">
          {added + removed === 0 ? "the same" : `+${count(added)} −${count(removed)} lines`}
        </span>
        {note && <span className="label">{note}</span>}
      </h3>
      {added + removed > 0 && <DiffLines lines={lines} label={title} />}
    </section>
  );
}
