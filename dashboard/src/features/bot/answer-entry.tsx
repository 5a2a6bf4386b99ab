import Link from "next/link";
import type { DecisionRow, TextField } from "@/api/types";
import type { Answer } from "@/lib/view-models/answers";
import { reasonOf } from "@/lib/view-models/feed-row";
import { cost, count, duration } from "@/lib/view-models/format-number";
import { decisionHref } from "@/lib/view-models/screens";
import { LongText } from "@/ui/long-text";
import { Moment } from "@/ui/moment";
import { SignalWord } from "@/ui/signal-word";

/** What stands here whole where it is short; `texts` has the length of what is fetched apart. */
const APART: readonly { field: TextField; title: string }[] = [
  { field: "analysis", title: "Analysis" },
  { field: "thinking", title: "Thinking" },
  { field: "raw_response", title: "Raw answer" },
];

/** One answer: when and by whom, what it wrote, and what was decided for each coin. */
export function AnswerEntry({ answer }: { answer: Answer }) {
  const apart = APART.filter(({ field }) => (answer.texts[field] ?? 0) > 0);
  return (
    <article aria-label={`Answer of ${answer.time}`} className="flex flex-col gap-2 py-3">
      <header className="flex flex-wrap items-baseline gap-x-3 px-3 text-sm">
        <Moment at={answer.time} className="text-faint" />
        <span className="min-w-0 truncate font-medium">{answer.model ?? "unknown model"}</span>
        {answer.trigger && <span className="text-faint">{answer.trigger}</span>}
        <span className="num ml-auto text-faint" title={tokensTitle(answer)}>
          {count(sum(answer.tokensIn, answer.tokensOut))} tokens · {cost(answer.cost)} ·{" "}
          {duration(answer.latency)}
        </span>
      </header>
      {answer.error && (
        <p role="note" className="px-3 text-loss text-sm">
          {answer.error}
        </p>
      )}
      {answer.analysis && (
        <p dir="auto" className="whitespace-pre-wrap break-words px-3">
          {answer.analysis}
        </p>
      )}
      {answer.thinking && (
        <p
          dir="auto"
          className="mx-3 whitespace-pre-wrap break-words border-l-2 pl-2 text-muted text-sm"
        >
          {answer.thinking}
        </p>
      )}
      {answer.decisions.length > 0 && (
        <ul className="flex flex-col gap-1 px-3">
          {answer.decisions.map((row) => (
            <li key={row.id}>
              <Decided row={row} />
            </li>
          ))}
        </ul>
      )}
      {apart.length > 0 && (
        <div className="border-t">
          {apart.map(({ field, title }) => (
            <LongText
              key={field}
              id={answer.id}
              field={field}
              title={title}
              length={answer.texts[field] ?? 0}
            />
          ))}
        </div>
      )}
    </article>
  );
}

function Decided({ row }: { row: DecisionRow }) {
  return (
    <Link
      prefetch={false}
      href={decisionHref(row.id)}
      className="flex items-baseline gap-2 hover:text-accent"
    >
      <span className="w-14 shrink-0 truncate font-medium">{row.coin}</span>
      <SignalWord signal={row.signal} />
      <span dir="auto" className="line-clamp-3 min-w-0 break-words text-muted text-sm">
        {reasonOf(row)}
      </span>
    </Link>
  );
}

function sum(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}

function tokensTitle({ tokensIn, tokensOut, tokensCached }: Answer): string {
  return `${count(tokensIn)} in (${count(tokensCached)} cached), ${count(tokensOut)} out`;
}
