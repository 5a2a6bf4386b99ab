"use client";
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "@/api/error";
import { useNow } from "@/lib/prefs/use-now";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { clock, zoneLabel } from "@/lib/view-models/format-time";
import { useLastEventAt, useLostAt } from "@/live/use-live";

/** Without the stream for this long, what a panel shows is called old: twice a heartbeat. */
const STALE_AFTER = 20_000;

type QueryLike = {
  isPending: boolean;
  isError: boolean;
  isFetching: boolean;
  error: Error | null;
  dataUpdatedAt: number;
  isPlaceholderData?: boolean;
  refetch: () => unknown;
};

type Props = {
  title: string;
  query: QueryLike;
  skeleton: ReactNode;
  /** Shown in place of the content when there is nothing yet. */
  empty?: ReactNode;
  isEmpty?: boolean;
  actions?: ReactNode;
  /** For example "showing 100 of 240", under a part of the whole. */
  partial?: ReactNode;
  className?: string;
  bodyClassName?: string;
  children: ReactNode;
};

/** A panel in one of its five states: first load, empty, error, stale, partial. */
export function Panel(props: Props) {
  const { title, query, actions, partial, className = "", bodyClassName = "" } = props;
  const staleAt = useStaleAt();
  return (
    <section aria-label={title} className={`flex min-w-0 flex-col bg-surface ${className}`}>
      <header className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-1">
        <h2 className="font-semibold text-sm">{title}</h2>
        {staleAt !== null && !query.isPending && <AsOf at={staleAt} />}
        <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
      </header>
      {query.isError && (
        <Failure query={query} hasData={!query.isPending && query.dataUpdatedAt > 0} />
      )}
      <div
        className={`min-h-0 flex-1 ${staleAt !== null ? "opacity-60" : ""} ${bodyClassName}`}
        aria-busy={query.isPending}
      >
        <Body {...props} />
      </div>
      {partial && <footer className="label whitespace-normal border-t px-3 py-1">{partial}</footer>}
    </section>
  );
}

function Body({ query, skeleton, empty, isEmpty, children }: Props) {
  if (query.isPending) return query.isError ? null : skeleton;
  if (query.isError && query.dataUpdatedAt === 0) return null;
  return isEmpty ? empty : children;
}

/** Since when the data is old, by the browser's clock; null while it is not. */
function useStaleAt(): number | null {
  const lostAt = useLostAt();
  const lastEventAt = useLastEventAt();
  useNow();
  if (lostAt === null || Date.now() - lostAt < STALE_AFTER) return null;
  return lastEventAt ?? lostAt;
}

function AsOf({ at }: { at: number }) {
  const { zone } = usePrefs();
  return (
    <span className="num text-warn">
      as of {clock(at, zone)} {zoneLabel(at, zone)}
    </span>
  );
}

function Failure({ query, hasData }: { query: QueryLike; hasData: boolean }) {
  const detail = query.error instanceof ApiError ? query.error.detail : null;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-2">
      <p className="min-w-0 flex-1 text-loss text-sm">
        {query.error?.message ?? "This could not be read."}
        {detail && <span className="break-words text-muted"> {detail}</span>}
        {hasData && <span className="text-muted"> What was read before is shown.</span>}
      </p>
      <button
        type="button"
        onClick={() => query.refetch()}
        className="target flex items-center gap-1.5 rounded-sm border px-2 text-sm hover:bg-raised"
      >
        <RotateCw size={12} aria-hidden className={query.isFetching ? "animate-spin" : ""} />
        Try again
      </button>
    </div>
  );
}

/** Grey lines where rows will stand. */
export function SkeletonRows({ rows, height = 32 }: { rows: number; height?: number }) {
  return (
    <div aria-hidden className="animate-breathe">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center border-b px-3" style={{ height }}>
          <div
            className="h-2 rounded-sm bg-raised"
            style={{ width: `${70 - ((index * 17) % 40)}%` }}
          />
        </div>
      ))}
    </div>
  );
}
