"use client";
import { useState } from "react";
import { ApiError } from "@/api/error";
import { useText } from "@/api/queries/use-text";
import type { TextField } from "@/api/types";
import { count } from "@/lib/view-models/format-number";
import { CopyButton } from "./copy-button";
import { DownloadLink } from "./download-link";
import { Unfold } from "./unfold";

type Props = {
  id: string;
  field: TextField;
  title: string;
  /** Length in characters, as the decision gives it; 0 when there is none. */
  length: number;
  startOpen?: boolean;
};

/** A prompt or an answer: read when it is opened, in parts when it is long. */
export function LongText({ id, field, title, length, startOpen = false }: Props) {
  const [open, setOpen] = useState(startOpen);
  if (length === 0) {
    return (
      <div className="flex h-8 items-center justify-between border-b px-3 text-faint text-sm">
        <span>{title}</span>
        <span>none recorded</span>
      </div>
    );
  }
  return (
    <section aria-label={title} className="border-b">
      <div className="flex min-h-8 flex-wrap items-center gap-2 px-3 py-1">
        <Unfold open={open} onOpen={setOpen} title={title} length={length} />
        <DownloadLink
          href={`/api/llm-bot/text/download?${new URLSearchParams({ id, field })}`}
          name={`${id}-${field}.txt`}
        />
      </div>
      {open && <Parts id={id} field={field} />}
    </section>
  );
}

/** A text of more characters fills its place on every screen. */
const SHORT = 6_000;
/** Drawn only when it is in sight; until then it is as high as the place that it will fill. */
const LAZY = "[contain-intrinsic-height:auto_24rem] [content-visibility:auto]";

function Parts({ id, field }: { id: string; field: TextField }) {
  const query = useText(id, field, true);
  const parts = query.data?.pages ?? [];
  const total = parts[0]?.total ?? 0;
  const shown = parts.reduce((sum, part) => sum + [...part.text].length, 0);
  if (query.isPending && !query.isError) return <p className="px-3 pb-2 text-faint">Loading</p>;
  return (
    <div className="px-3 pb-3">
      {query.isError && (
        <p role="alert" className="pb-2 text-loss text-sm">
          {query.error instanceof ApiError ? query.error.message : "This could not be read."}{" "}
          <button type="button" className="target text-accent" onClick={() => query.refetch()}>
            Try again
          </button>
        </p>
      )}
      {parts.length > 0 && (
        <section
          className="max-h-96 overflow-auto rounded-sm border bg-bg p-2"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keys
          tabIndex={0}
          aria-label="Text"
        >
          {parts.map((part) => (
            <pre
              key={part.offset}
              dir="auto"
              className={`whitespace-pre-wrap break-words font-mono text-sm ${part.text.length > SHORT ? LAZY : ""}`}
            >
              {part.text}
            </pre>
          ))}
        </section>
      )}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        {query.hasNextPage && (
          <button
            type="button"
            disabled={query.isFetchingNextPage}
            onClick={() => query.fetchNextPage()}
            className="target rounded-sm border px-2 text-sm hover:bg-raised"
          >
            {query.isFetchingNextPage ? "Loading" : "Show the next part"}
          </button>
        )}
        {parts.length > 0 && (
          <span className="label">
            showing {count(shown)} of {count(total)} characters
          </span>
        )}
        {!query.hasNextPage && parts.length > 0 && (
          <CopyButton label="Copy" text={() => parts.map((part) => part.text).join("")} />
        )}
      </div>
    </div>
  );
}
