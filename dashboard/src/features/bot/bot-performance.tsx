"use client";
import { useBreakdown } from "@/api/queries/use-breakdown";
import type { BotRow } from "@/api/types";
import { CALENDARS, useBotView } from "@/lib/prefs/use-bot-view";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { count, duration } from "@/lib/view-models/format-number";
import { ianaName } from "@/lib/view-models/format-time";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";
import { PerformanceGroups } from "./performance-groups";
import { ProfitCalendar } from "./profit-calendar";
import { netBound, SpreadBars } from "./spread-bars";

/** What the bot made: by coin and side, by day, week and month, and how results spread. */
export function BotPerformance({ bot }: { bot: BotRow }) {
  const { zone } = usePrefs();
  const [{ calendar }, setView] = useBotView();
  const query = useBreakdown(bot.id, ianaName(zone));
  const told = query.data;
  return (
    <Panel
      title="Performance"
      query={query}
      skeleton={<SkeletonRows rows={8} />}
      isEmpty={told?.n === 0}
      empty={<p className="p-3 text-muted">No closed trade has told its result yet.</p>}
      partial={
        told &&
        `Net of fees and funding, of ${count(told.n)} of ${count(told.closed)} closed trades; a trade counts on the day it ended (${told.zone}).`
      }
    >
      {told && (
        <div className="flex flex-col">
          <PerformanceGroups groups={told.groups} coins={told.coins} />
          <section aria-label="Profit and loss by date" className="border-t p-3">
            <header className="mb-2 flex flex-wrap items-center gap-3">
              <h3 className="label">profit and loss by date</h3>
              <Segmented
                label="By day, week or month"
                value={calendar}
                options={CALENDARS.map((value) => ({ value, text: value }))}
                onChange={(next) => setView({ calendar: next })}
              />
            </header>
            <ProfitCalendar days={told.days} unit={calendar} />
          </section>
          <SpreadBars title="net result of a trade" bins={told.nets} bound={netBound} signed />
          <SpreadBars
            title="time held"
            bins={told.holds}
            bound={(seconds) => duration(Number(seconds) * 1000)}
          />
        </div>
      )}
    </Panel>
  );
}
