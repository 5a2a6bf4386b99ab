"use client";
import { useCallback, useMemo, useState } from "react";
import { useFeed } from "@/api/queries/use-feed";
import { useFleet } from "@/api/queries/use-fleet";
import { useShare } from "@/api/queries/use-shares";
import type { BotRow } from "@/api/types";
import { Inspector } from "@/features/decision/inspector-later";
import { useBotView } from "@/lib/prefs/use-bot-view";
import { useKeys } from "@/lib/prefs/use-keys";
import { useOpenDecision } from "@/lib/prefs/use-view";
import { feedOf } from "@/lib/view-models/filter-bot";
import { rowsOf } from "@/lib/view-models/merge";
import { BotLink } from "@/ui/bot-link";
import { EmptyState } from "@/ui/empty-state";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Shell } from "@/ui/shell/shell";
import { BotControl } from "./bot-control";
import type { Lit } from "./bot-decisions";
import { BotEquity } from "./bot-equity";
import { BotFigures } from "./bot-figures";
import { BotHead } from "./bot-head";
import { BotPositions } from "./bot-positions";
import { BotProtection } from "./bot-protection";
import { BotTabs } from "./bot-tabs";

/** One bot: alive or not, what it holds, what it decided, and whether that was any good. */
export function BotScreen() {
  const [{ id }] = useBotView();
  const { query, bots, byId, hues } = useFleet();
  const bot = id ? byId.get(id) : undefined;
  return (
    <Shell>
      {bot ? (
        <Loaded key={bot.id} bot={bot} hue={hues[bot.id]} />
      ) : (
        <>
          <h1 className="sr-only">Bot</h1>
          <Panel
            title="Bot"
            query={query}
            skeleton={<SkeletonRows rows={12} />}
            isEmpty={bots.length === 0}
            empty={<EmptyState kind="status" text="No bot has reported yet." />}
          >
            <p className="p-3 text-muted">
              {id ? "No bot here has this id." : "This address names no bot."} Those that report
              here:
            </p>
            <ul className="divide-y border-t">
              {bots.map((one) => (
                <li key={one.id} className="px-3 py-1.5">
                  <BotLink bot={one} hue={hues[one.id]} />
                </li>
              ))}
            </ul>
          </Panel>
        </>
      )}
    </Shell>
  );
}

function Loaded({ bot, hue }: { bot: BotRow; hue: number | undefined }) {
  const [decision, setDecision] = useOpenDecision();
  const [lit, setLit] = useState<Lit>(null);
  const share = useShare();
  const row = useDecisionRow(bot.id, lit?.id ?? null);
  const onCurve = useCallback(
    (id: string | null) => setLit(id === null ? null : { id, from: "curve" }),
    [],
  );
  const onRow = useCallback(
    (id: string | null) => setLit(id === null ? null : { id, from: "row" }),
    [],
  );
  const close = () => {
    const id = decision;
    setDecision(null);
    requestAnimationFrame(() => {
      if (id) focusRow(id);
    });
  };
  useKeys({ Escape: () => decision && close() });
  return (
    <>
      <BotHead bot={bot} hue={hue} />
      <div className="flex flex-col lg:grid lg:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="relative min-w-0 max-lg:contents lg:border-r">
          <BotEquity bot={bot} hue={hue} lit={row} onLit={onCurve} onPick={setDecision} />
          <BotPositions bot={bot} />
          <BotProtection bot={bot} />
          {!share && <BotControl bot={bot} />}
          <div className="max-lg:order-1">
            <BotFigures bot={bot} />
          </div>
          {decision && <Inspector id={decision} onGo={setDecision} onClose={close} />}
        </div>
        <BotTabs bot={bot} selected={decision} lit={lit} onLit={onRow} onOpen={setDecision} />
      </div>
    </>
  );
}

/** The decision that is pointed at, out of what the screen has read already. */
function useDecisionRow(bot: string, id: string | null) {
  const all = useFeed(feedOf(bot, false));
  const traded = useFeed(feedOf(bot, true));
  return useMemo(() => {
    if (id === null) return null;
    const rows = [...rowsOf(all.data), ...rowsOf(traded.data)];
    return rows.find((row) => row.id === id) ?? null;
  }, [id, all.data, traded.data]);
}

/** Closing gives the focus back to the row that the decision was opened from. */
function focusRow(id: string): void {
  document.querySelector<HTMLElement>(`[data-decision="${CSS.escape(id)}"]`)?.focus();
}
