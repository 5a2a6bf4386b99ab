"use client";
import { type PointerEvent, type RefObject, useEffect, useMemo, useRef } from "react";
import { useFeed } from "@/api/queries/use-feed";
import type { BotRow } from "@/api/types";
import { useBotView } from "@/lib/prefs/use-bot-view";
import { feedOf } from "@/lib/view-models/filter-bot";
import { count } from "@/lib/view-models/format-number";
import { rowsOf } from "@/lib/view-models/merge";
import { EmptyState } from "@/ui/empty-state";
import { FeedList } from "@/ui/feed-list";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";

/** The decision that is pointed at, on the curve or in its row. */
export type Lit = { id: string; from: "curve" | "row" } | null;

export type DecisionsProps = {
  bot: BotRow;
  selected: string | null;
  lit: Lit;
  onLit: (id: string | null) => void;
  onOpen: (id: string | null) => void;
};

/** The bot's decisions, newest first; the one under the pointer is marked on the curve. */
export function BotDecisions({ bot, selected, lit, onLit, onOpen }: DecisionsProps) {
  const [{ trades, folds }, setView] = useBotView();
  const query = useFeed(feedOf(bot.id, trades));
  const rows = useMemo(() => rowsOf(query.data), [query.data]);
  const list = useRef<HTMLDivElement>(null);
  useMarked(list, lit);
  const point = (event: PointerEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-decision]");
    onLit(row?.dataset.decision ?? null);
  };
  return (
    <Panel
      title="Decisions"
      query={query}
      className="min-h-0 flex-1"
      bodyClassName="flex flex-col"
      skeleton={<SkeletonRows rows={8} height={80} />}
      isEmpty={rows.length === 0}
      empty={
        trades ? (
          <p className="p-3 text-muted">
            No entry or exit yet.{" "}
            <button
              type="button"
              className="target text-accent hover:underline"
              onClick={() => setView({ trades: null })}
            >
              Show every decision
            </button>
          </p>
        ) : (
          <EmptyState kind="decision" text="This bot has not decided anything yet." />
        )
      }
      actions={
        <Segmented
          label="Which decisions"
          value={trades ? "trades" : folds ? "folded" : "each"}
          options={[
            { value: "folded", text: "all", title: "Runs of holds on one line" },
            { value: "each", text: "each hold", title: "Every decision on a line of its own" },
            { value: "trades", text: "entries and exits", title: "Without what was only held" },
          ]}
          onChange={(next) => setView({ trades: next === "trades", folds: next !== "each" })}
        />
      }
      partial={
        rows.length > 0 && (
          <>
            showing {count(rows.length)}
            {!trades && ` of ${count(Math.max(bot.stats.decisions, rows.length))}`}
          </>
        )
      }
    >
      <div
        ref={list}
        className="flex min-h-0 flex-1 flex-col [&_[data-lit]]:bg-raised [&_[data-lit]]:shadow-[inset_2px_0_0_var(--accent)]"
        onPointerOver={point}
        onPointerLeave={() => onLit(null)}
      >
        <FeedList
          key={String(trades)}
          rows={rows}
          selected={selected}
          onOpen={onOpen}
          hasMore={query.hasNextPage}
          isLoadingMore={query.isFetchingNextPage}
          onMore={() => query.fetchNextPage()}
          alone
          folds={folds}
          reveal={lit?.from === "curve" ? lit.id : null}
        />
      </div>
    </Panel>
  );
}

/** Marks the row of the decision that is pointed at. */
function useMarked(list: RefObject<HTMLDivElement | null>, lit: Lit): void {
  useEffect(() => {
    if (!lit) return;
    let row: Element | null | undefined;
    // A row that was just scrolled to is drawn with the next frame.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        row = list.current?.querySelector(`[data-decision="${CSS.escape(lit.id)}"]`);
        row?.toggleAttribute("data-lit", true);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      row?.toggleAttribute("data-lit", false);
    };
  }, [list, lit]);
}
