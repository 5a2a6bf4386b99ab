"use client";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { useShare } from "@/api/queries/use-shares";
import { BOT_TABS, type BotTab, useBotView } from "@/lib/prefs/use-bot-view";
import { count, countShort } from "@/lib/view-models/format-number";
import { later, NotLoaded } from "@/ui/later";
import { BotDecisions, type DecisionsProps } from "./bot-decisions";
import { BotErrors } from "./bot-errors";
import { BotTrades } from "./bot-trades";

// What stands behind a tab is loaded when it is opened.
const BotConfig = later(
  () => import("./bot-config").then((module) => module.BotConfig),
  undefined,
  NotLoaded,
);
const BotLog = later(
  () => import("./bot-log").then((module) => module.BotLog),
  undefined,
  NotLoaded,
);
const BotPerformance = later(
  () => import("./bot-performance").then((module) => module.BotPerformance),
  undefined,
  NotLoaded,
);
const BotReasoning = later(
  () => import("./bot-reasoning").then((module) => module.BotReasoning),
  undefined,
  NotLoaded,
);

/** What a share link shows. */
const SHARED_TABS = ["decisions", "trades", "performance"] as const satisfies readonly BotTab[];

/** What the bot decided, traded, failed at, and how it is set up. */
export function BotTabs({ bot, selected, lit, onLit, onOpen }: DecisionsProps) {
  const [{ tab }, setView] = useBotView();
  const share = useShare();
  const tabs = share ? SHARED_TABS : BOT_TABS;
  const shown = tabs.find((one) => one === tab) ?? "decisions";
  const { stats } = bot;
  const counts = {
    decisions: stats.decisions,
    reasoning: null,
    trades: stats.closed_positions,
    performance: null,
    errors: stats.errors + stats.rejected,
    log: null,
    config: null,
  };
  return (
    <Tabs.Root
      value={shown}
      onValueChange={(next) => setView({ tab: BOT_TABS.find((one) => one === next) ?? null })}
      className="flex min-w-0 flex-col bg-surface max-lg:h-[80dvh] max-lg:border-t lg:sticky lg:top-11 lg:h-[calc(100dvh-2.75rem)]"
    >
      <Tabs.List aria-label="Of this bot" className="flex min-h-9 shrink-0 flex-wrap border-b px-1">
        {tabs.map((one) => (
          <Tabs.Trigger
            key={one}
            value={one}
            className="-mb-px flex h-9 items-center gap-1 border-transparent border-b px-1 text-faint text-sm capitalize hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {one === "performance" ? "P&L" : one}
            {counts[one] !== null && (
              <span className="num text-faint text-xs" title={count(counts[one])}>
                {countShort(counts[one])}
              </span>
            )}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content
        value="decisions"
        tabIndex={-1}
        className="flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden"
      >
        <BotDecisions bot={bot} selected={selected} lit={lit} onLit={onLit} onOpen={onOpen} />
      </Tabs.Content>
      <Scrolled value="reasoning">
        <BotReasoning bot={bot} />
      </Scrolled>
      <Scrolled value="trades">
        <BotTrades bot={bot} />
      </Scrolled>
      <Scrolled value="performance">
        <BotPerformance bot={bot} />
      </Scrolled>
      <Scrolled value="errors">
        <BotErrors bot={bot} />
      </Scrolled>
      <Scrolled value="log">
        <BotLog bot={bot} />
      </Scrolled>
      <Scrolled value="config">
        <BotConfig bot={bot} />
      </Scrolled>
    </Tabs.Root>
  );
}

function Scrolled({ value, children }: { value: BotTab; children: ReactNode }) {
  return (
    <Tabs.Content value={value} tabIndex={-1} className="min-h-0 overflow-y-auto">
      {children}
    </Tabs.Content>
  );
}
