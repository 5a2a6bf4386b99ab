"use client";
import { useState } from "react";
import { useDecision } from "@/api/queries/use-decision";
import type { DecisionDetail } from "@/api/types";
import { answerOf, hasReasons, reasonsOf } from "@/lib/view-models/reasons";
import { CopyButton } from "@/ui/copy-button";
import { LongText } from "@/ui/long-text";
import { SET_UP_TO, SetText } from "@/ui/set-text";
import { Unfold } from "@/ui/unfold";

/** What stands here by its beginning when it is long; `texts` has the length of the whole. */
const CUT = [
  { field: "analysis", title: "Whole analysis" },
  { field: "thinking", title: "Whole thinking" },
] as const;

/** Why, before what: the model's analysis of account and coin, and what it thought before it. */
export function DecisionReasons({ detail }: { detail: DecisionDetail }) {
  const first = useDecision(answerOf(detail.payload)).data;
  const reasons = reasonsOf(detail.payload, first?.payload);
  if (!hasReasons(reasons)) return null;
  return (
    <section aria-label="Reasons" className="border-t">
      {(reasons.coin || reasons.account) && (
        <div className="grid gap-x-6 gap-y-3 p-3 md:grid-cols-2">
          <Analysis title={`analysis of ${detail.coin}`} text={reasons.coin} />
          <Analysis title="analysis of the account" text={reasons.account} />
        </div>
      )}
      {reasons.thinking && <Thinking text={reasons.thinking} />}
      {CUT.map(({ field, title }) => {
        const length = detail.texts[field];
        return length ? (
          <LongText key={field} id={detail.id} field={field} title={title} length={length} />
        ) : null;
      })}
    </section>
  );
}

function Analysis({ title, text }: { title: string; text: string | null }) {
  if (!text) return null;
  return (
    <div className="min-w-0">
      <h3 className="label mb-1">{title}</h3>
      <p className="whitespace-pre-wrap break-words" dir="auto">
        {text.slice(0, SET_UP_TO)}
        {text.length > SET_UP_TO && "…"}
      </p>
    </div>
  );
}

function Thinking({ text }: { text: string }) {
  const [open, setOpen] = useState(true);
  return (
    <div className="px-3 pb-2">
      <div className="flex min-h-8 flex-wrap items-center gap-2 py-1">
        <Unfold open={open} onOpen={setOpen} title="Thinking" length={text.length} />
        <CopyButton text={text} label="Copy thinking" />
      </div>
      {open && <SetText label="Thinking" text={text} className="max-h-64" />}
    </div>
  );
}
