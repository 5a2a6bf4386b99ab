"use client";
import { useMemo, useRef } from "react";
import { useFeed } from "@/api/queries/use-feed";
import { useFleet } from "@/api/queries/use-fleet";
import { useKeys } from "@/lib/prefs/use-keys";
import { useView } from "@/lib/prefs/use-view";
import { type OutcomeWanted, parseFilter } from "@/lib/view-models/filter";
import { count } from "@/lib/view-models/format-number";
import { rowsOf } from "@/lib/view-models/merge";
import { EmptyState } from "@/ui/empty-state";
import { ExportLinks } from "@/ui/export-links";
import { FeedFilterField } from "@/ui/feed-filter-field";
import { FeedList } from "@/ui/feed-list";
import { Panel, SkeletonRows } from "@/ui/panel";
import { PickOne } from "@/ui/pick-one";

const OUTCOME_OPTIONS: readonly { value: OutcomeWanted; text: string }[] = [
  { value: "any", text: "any outcome" },
  { value: "allowed", text: "allowed" },
  { value: "rejected", text: "rejected" },
  { value: "executed", text: "executed" },
];

type Props = { selected: string | null; onOpen: (id: string | null) => void; className?: string };

/** What was decided, by whom and why, as it happens. */
export function FeedPanel({ selected, onOpen, className }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [{ q, trades, outcome, folds }, setView] = useView();
  const { bots } = useFleet();
  const filter = useMemo(() => parseFilter(q, bots, trades, outcome), [q, bots, trades, outcome]);
  const { bot, coin, signal, verdict, executed } = filter;
  const stable = useMemo(
    () => ({ bot, coin, signal, verdict, trades, executed }),
    [bot, coin, signal, verdict, trades, executed],
  );
  const query = useFeed(stable);
  const rows = useMemo(() => rowsOf(query.data), [query.data]);
  const total = bots.reduce((sum, bot) => sum + bot.stats.decisions, 0);
  const focusField = (event: KeyboardEvent) => {
    event.preventDefault();
    field.current?.focus();
  };
  const toggleTrades = () => setView({ trades: !trades });
  useKeys({ "/": focusField, t: toggleTrades, h: () => setView({ folds: !folds }) });
  const filtered = q !== "" || trades || outcome !== "any";
  const asked = [q, trades && "trades only", outcome !== "any" && outcome]
    .filter(Boolean)
    .join(", ");
  return (
    <Panel
      title="Decisions"
      query={query}
      className={className}
      bodyClassName="flex flex-col"
      skeleton={<SkeletonRows rows={8} height={80} />}
      isEmpty={rows.length === 0}
      empty={
        filtered ? (
          <p className="p-3 text-muted">
            Nothing matches <span className="num">{asked}</span>.{" "}
            <button
              type="button"
              className="target text-accent hover:underline"
              onClick={() => setView({ q: "", trades: false, outcome: "any" })}
            >
              Clear the filter
            </button>
          </p>
        ) : (
          <EmptyState kind="decision" text="No decision has been recorded yet." />
        )
      }
      actions={
        <>
          <button
            type="button"
            aria-pressed={trades}
            title="Entries and closes only, no holds (T)"
            onClick={toggleTrades}
            className="target rounded-sm border px-2 text-muted text-sm hover:text-text aria-pressed:border-accent aria-pressed:bg-raised aria-pressed:text-text"
          >
            trades only
          </button>
          <PickOne
            label="How far they came"
            value={outcome}
            options={OUTCOME_OPTIONS}
            onChange={(next) => setView({ outcome: next as OutcomeWanted })}
          />
          <FeedFilterField
            field={field}
            value={q}
            // All that is typed at one go is one step back.
            onChange={(next, goesOn) =>
              setView({ q: next }, { history: goesOn ? "replace" : "push" })
            }
          />
        </>
      }
      partial={
        rows.length > 0 && (
          <span className="flex items-center justify-between gap-3">
            <span>
              showing {count(rows.length)}
              {!filtered && ` of ${count(Math.max(total, rows.length))}`}
            </span>
            <ExportLinks what="decisions" bot={filter.bot} />
          </span>
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
        folds={folds && signal !== "hold"}
        key={JSON.stringify(stable)}
      />
    </Panel>
  );
}
