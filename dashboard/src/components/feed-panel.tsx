"use client";
import { useMemo, useRef } from "react";
import { useKeys } from "@/prefs/use-keys";
import { useView } from "@/prefs/use-view";
import { useFeed } from "@/queries/use-feed";
import { useFleet } from "@/queries/use-fleet";
import { parseFilter } from "@/shape/filter";
import { count } from "@/shape/format-number";
import { rowsOf } from "@/shape/merge";
import { EmptyState } from "./empty-state";
import { FeedFilterField } from "./feed-filter-field";
import { FeedList } from "./feed-list";
import { Panel, SkeletonRows } from "./panel";

type Props = { selected: string | null; onOpen: (id: string | null) => void; className?: string };

/** What was decided, by whom and why, as it happens. */
export function FeedPanel({ selected, onOpen, className }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [{ q }, setView] = useView();
  const { bots } = useFleet();
  const filter = useMemo(() => parseFilter(q, bots), [q, bots]);
  const stable = useMemo(
    () => ({ bot: filter.bot, coin: filter.coin, signal: filter.signal }),
    [filter.bot, filter.coin, filter.signal],
  );
  const query = useFeed(stable);
  const rows = useMemo(() => rowsOf(query.data), [query.data]);
  const total = bots.reduce((sum, bot) => sum + bot.stats.decisions, 0);
  const focusField = (event: KeyboardEvent) => {
    event.preventDefault();
    field.current?.focus();
  };
  useKeys({ "/": focusField });
  return (
    <Panel
      title="Decisions"
      query={query}
      className={className}
      bodyClassName="flex flex-col"
      skeleton={<SkeletonRows rows={8} height={80} />}
      isEmpty={rows.length === 0}
      empty={
        q === "" ? (
          <EmptyState kind="decision" text="No decision has been recorded yet." />
        ) : (
          <p className="p-3 text-muted">
            Nothing matches <span className="num">{q}</span>.{" "}
            <button
              type="button"
              className="target text-accent hover:underline"
              onClick={() => setView({ q: "" })}
            >
              Clear the filter
            </button>
          </p>
        )
      }
      actions={
        <FeedFilterField field={field} value={q} onChange={(next) => setView({ q: next })} />
      }
      partial={
        rows.length > 0 && (
          <>
            showing {count(rows.length)}
            {q === "" && ` of ${count(Math.max(total, rows.length))}`}
          </>
        )
      }
    >
      <FeedList
        rows={rows}
        selected={selected}
        onOpen={onOpen}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onMore={() => query.fetchNextPage()}
        key={JSON.stringify(stable)}
      />
    </Panel>
  );
}
