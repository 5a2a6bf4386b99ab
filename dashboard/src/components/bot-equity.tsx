"use client";
import dynamic from "next/dynamic";
import { useMemo } from "react";
import type { BotRow, DecisionRow } from "@/api/types";
import { useBotView } from "@/prefs/use-bot-view";
import { RANGES } from "@/prefs/use-view";
import { useBotEquity } from "@/queries/use-bot-equity";
import { useFeed } from "@/queries/use-feed";
import { linesOf } from "@/shape/equity";
import { feedOf } from "@/shape/filter-bot";
import { count } from "@/shape/format-number";
import { clustered, markersOf } from "@/shape/markers";
import { rowsOf } from "@/shape/merge";
import { ChartSkeleton } from "./chart-skeleton";
import { EmptyState } from "./empty-state";
import { Panel } from "./panel";
import { Segmented } from "./segmented";

const BotEquityChart = dynamic(
  () => import("./bot-equity-chart").then((module) => module.BotEquityChart),
  { ssr: false, loading: () => <ChartSkeleton /> },
);

const UNIT_OPTIONS = [
  { value: "usd", text: "$", title: "Equity in US dollars" },
  { value: "pct", text: "%", title: "Return since the begin of the range" },
  { value: "dd", text: "drawdown", title: "Fall below the peak within the range" },
] as const;

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
  const deeds = useFeed(feedOf(bot.id, true));
  const data = query.data;
  const bucket = data?.bucket_seconds ?? 60;
  const since = range === "all" ? null : (data?.start ?? null);
  const line = useMemo(() => {
    const own = data?.series.filter((one) => one.bot_id === bot.id && one.points.length > 0);
    return linesOf(own ?? [], [bot], unit, bucket, since)[0];
  }, [data, bot, unit, bucket, since]);
  const decisions = useMemo(() => rowsOf(deeds.data), [deeds.data]);
  const markers = useMemo(() => {
    if (!line) return [];
    const extra = lit && !decisions.some((row) => row.id === lit.id) ? [lit] : [];
    const traded = decisions.filter((row) => row.signal !== "hold");
    return clustered(markersOf([...traded, ...extra], line.places, bucket));
  }, [line, decisions, lit, bucket]);
  const drawing = useMemo(
    () => line && { line, hue, unit, markers, lit: lit?.id ?? null, span: `${range} ${bot.id}` },
    [line, hue, unit, markers, lit, range, bot.id],
  );
  return (
    <Panel
      title="Equity"
      query={query}
      skeleton={<ChartSkeleton />}
      isEmpty={!line}
      empty={
        <div className="min-h-60">
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
          {deeds.hasNextPage && (
            <span>of the newest {count(decisions.length)} entries and exits</span>
          )}
        </span>
      }
      actions={
        <>
          <Segmented
            label="Unit"
            value={unit}
            options={UNIT_OPTIONS}
            onChange={(next) => setView({ unit: next })}
          />
          <span aria-hidden className="h-4 border-l max-sm:hidden" />
          <Segmented
            label="Range"
            value={range}
            options={RANGES.map((value) => ({ value, text: value }))}
            onChange={(next) => setView({ range: next })}
          />
        </>
      }
    >
      {drawing && <BotEquityChart drawing={drawing} onMarker={onLit} onPick={onPick} />}
    </Panel>
  );
}
