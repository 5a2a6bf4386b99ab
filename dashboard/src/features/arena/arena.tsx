"use client";
import { useEffect, useRef } from "react";
import { useEquity } from "@/api/queries/use-equity";
import { useFleet } from "@/api/queries/use-fleet";
import { Inspector } from "@/features/decision/inspector-later";
import { useKeys } from "@/lib/prefs/use-keys";
import { useOpenDecision, useView } from "@/lib/prefs/use-view";
import { SkeletonRows } from "@/ui/panel";
import { Shell } from "@/ui/shell/shell";
import { EquityPanel } from "./equity-panel";
import { FeedPanel } from "./feed-panel";
import { KpiStrip } from "./kpi-strip";
import { Leaderboard } from "./leaderboard";
import { TradesPanel } from "./trades-panel";

/** All bots at a glance: alive or not, up or down, who leads, what was decided last and why. */
export function Arena() {
  const [decision, setDecision] = useOpenDecision();
  const close = useCallbackFocus(decision, () => setDecision(null));
  useKeys({ Escape: () => decision && close() });
  const { query } = useFleet();
  // Heights and order depend on the bots and their returns: nothing moves once it is shown.
  const [{ range }] = useView();
  const equity = useEquity(range);
  const all = [query, equity];
  const waits = all.some((one) => one.isPending) && all.every((one) => one.failureCount === 0);
  if (waits) return <Waiting />;
  return (
    <Shell>
      <h1 className="sr-only">Arena</h1>
      <KpiStrip />
      <div className="flex flex-col lg:grid lg:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="relative min-w-0 flex-col border-b max-lg:contents lg:flex lg:border-r">
          <div className="max-md:order-2">
            <EquityPanel />
          </div>
          <div className="border-t max-md:order-1">
            <Leaderboard />
          </div>
          <div className="border-y max-lg:order-4">
            <TradesPanel />
          </div>
          <Credits />
          {decision && <Inspector id={decision} onGo={setDecision} onClose={close} />}
        </div>
        <FeedPanel
          selected={decision}
          onOpen={setDecision}
          className="h-[calc(100dvh-2.75rem)] max-lg:order-3 max-lg:h-[80dvh] max-lg:border-t lg:sticky lg:top-11"
        />
      </div>
    </Shell>
  );
}

/** Closing gives the focus back to the row that the decision was opened from. */
function useCallbackFocus(decision: string | null, close: () => void): () => void {
  const last = useRef(decision);
  useEffect(() => {
    if (decision) last.current = decision;
  }, [decision]);
  return () => {
    close();
    const id = last.current;
    if (!id) return;
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-decision="${CSS.escape(id)}"]`)?.focus(),
    );
  };
}

function Waiting() {
  return (
    <Shell>
      <h1 className="sr-only">Arena</h1>
      <div className="h-[57px] animate-breathe border-b bg-surface" aria-hidden />
      <div aria-busy="true" className="bg-surface">
        <SkeletonRows rows={12} />
      </div>
    </Shell>
  );
}

function Credits() {
  return (
    <footer className="label px-3 max-lg:order-5 py-2">
      Charts by{" "}
      <a
        href="https://www.tradingview.com/"
        rel="noopener noreferrer"
        className="target inline-flex items-center underline underline-offset-2 hover:text-text"
      >
        TradingView Lightweight Charts
      </a>
      , © TradingView, Inc.
    </footer>
  );
}
