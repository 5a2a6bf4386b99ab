"use client";
import { Tabs } from "radix-ui";
import type { BotRow } from "@/api/types";
import { BOT_TABS, useBotView } from "@/prefs/use-bot-view";
import { count } from "@/shape/format-number";
import { BotConfig } from "./bot-config";
import { BotDecisions, type Lit } from "./bot-decisions";
import { BotErrors } from "./bot-errors";
import { BotTrades } from "./bot-trades";

type Props = {
  bot: BotRow;
  selected: string | null;
  lit: Lit;
  onLit: (id: string | null) => void;
  onOpen: (id: string | null) => void;
};

/** What the bot decided, traded, failed at, and how it is set up. */
export function BotTabs({ bot, selected, lit, onLit, onOpen }: Props) {
  const [{ tab }, setView] = useBotView();
  const { stats } = bot;
  const counts = {
    decisions: stats.decisions,
    trades: stats.closed_positions,
    errors: stats.errors + stats.rejected,
    config: null,
  };
  return (
    <Tabs.Root
      value={tab}
      onValueChange={(next) => setView({ tab: BOT_TABS.find((one) => one === next) ?? null })}
      className="flex min-w-0 flex-col bg-surface max-lg:h-[80dvh] max-lg:border-t lg:sticky lg:top-11 lg:h-[calc(100dvh-2.75rem)]"
    >
      <Tabs.List aria-label="Of this bot" className="flex min-h-9 shrink-0 border-b px-2">
        {BOT_TABS.map((one) => (
          <Tabs.Trigger
            key={one}
            value={one}
            className="-mb-px flex items-center gap-1.5 border-transparent border-b px-2 text-faint text-sm capitalize hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {one}
            {counts[one] !== null && <span className="num text-faint">{count(counts[one])}</span>}
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
      <Tabs.Content value="trades" tabIndex={-1} className="min-h-0 overflow-y-auto">
        <BotTrades bot={bot} />
      </Tabs.Content>
      <Tabs.Content value="errors" tabIndex={-1} className="min-h-0 overflow-y-auto">
        <BotErrors bot={bot} />
      </Tabs.Content>
      <Tabs.Content value="config" tabIndex={-1} className="min-h-0 overflow-y-auto">
        <BotConfig bot={bot} />
      </Tabs.Content>
    </Tabs.Root>
  );
}
