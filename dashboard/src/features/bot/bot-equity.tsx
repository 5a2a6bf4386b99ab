"use client";
import { useMemo } from "react";
import { useBotEquity } from "@/api/queries/use-bot-equity";
import { useFeed } from "@/api/queries/use-feed";
import { useFreshBases } from "@/api/queries/use-fresh-bases";
import type { BotRow, DecisionRow } from "@/api/types";
import { CHART_PLACE, ChartSkeleton } from "@/charts/chart-skeleton";
import { useBotView } from "@/lib/prefs/use-bot-view";
import { linesOf } from "@/lib/view-models/equity";
import { feedOf } from "@/lib/view-models/filter-bot";
import { count } from "@/lib/view-models/format-number";
import { clustered, markersOf } from "@/lib/view-models/markers";
import { rowsOf } from "@/lib/view-models/merge";
import { EmptyState } from "@/ui/empty-state";
import { later, NotLoaded } from "@/ui/later";
import { Panel } from "@/ui/panel";
import { UnitAndRange } from "@/ui/unit-and-range";

const BotEquityChart = later(
  () => import("@/charts/bot-equity-chart").then((module) => module.BotEquityChart),
  () => <ChartSkeleton chart="bot" />,
  NotLoaded,
);

type Props = {
  bot: BotRow;
  hue: number | undefined;
  /** The decision that is pointed at, here or in its row. */
  lit: DecisionRow | null;
  onLit: (id: string | null) => void;
  onPick: (id: string) => void;
};

/** The bot's equity with its decisions on it. */
export function BotEquity({ bot, hue, lit, onLit, onPick }: Props) {
  const [{ range, unit }, setView] = useBotView();
  const query = useBotEquity(range, bot.id);
  const feed = useFeed(feedOf(bot.id, true));
  const data = query.data;
  useFreshBases([bot]);
  const bucket = data?.bucket_seconds ?? 60;
  const since = range === "all" ? null : (data?.start ?? null);
  const line = useMemo(() => {
    const own = data?.series.filter((one) => one.bot_id === bot.id && one.points.length > 0);
    return linesOf(own ?? [], [bot], unit, bucket, since, data?.bases)[0];
  }, [data, bot, unit, bucket, since]);
  const decisions = useMemo(() => rowsOf(feed.data), [feed.data]);
  const markers = useMemo(() => {
    if (!line) return [];
    const extra = lit && !decisions.some((row) => row.id === lit.id) ? [lit] : [];
    const traded = decisions.filter((row) => row.signal !== "hold");
    return clustered(markersOf([...traded, ...extra], line.places, bucket));
  }, [line, decisions, lit, bucket]);
  const drawing = useMemo(
    () =>
      line && {
        line,
        hue,
        unit,
        markers,
        lit: lit?.id ?? null,
        span: `${range} ${bot.id}`,
        range,
      },
    [line, hue, unit, markers, lit, range, bot.id],
  );
  return (
    <Panel
      title="Equity"
      query={query}
      skeleton={<ChartSkeleton chart="bot" />}
      isEmpty={!line}
      empty={
        <div className={CHART_PLACE.bot}>
          <EmptyState kind="account" text="No account was reported in this range." />
        </div>
      }
      bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
      partial={
        <span className="flex flex-wrap gap-x-3">
          <span className="text-gain">↑ buy</span>
          <span className="text-loss">↓ sell</span>
          <span className="text-text">■ close</span>
          <span>grey: refused</span>
          {markers.some((one) => (one.count ?? 1) > 1) && <span>a figure: so many together</span>}
          {feed.hasNextPage && (
            <span>of the newest {count(decisions.length)} entries and exits</span>
          )}
        </span>
      }
      actions={<UnitAndRange unit={unit} range={range} onChange={setView} />}
    >
      {drawing && <BotEquityChart drawing={drawing} onMarker={onLit} onPick={onPick} />}
    </Panel>
  );
}
