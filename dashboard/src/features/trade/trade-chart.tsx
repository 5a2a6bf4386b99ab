"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useEffect, useMemo, useState } from "react";
import { serverNow } from "@/api/clock";
import { useCandles } from "@/api/queries/use-candles";
import type { PositionRow } from "@/api/types";
import { CHART_PLACE, ChartSkeleton } from "@/charts/chart-skeleton";
import { BACK_RESTORES } from "@/lib/prefs/use-view";
import { barAt, barsOf, intervalText, levelsOf, spanOf } from "@/lib/view-models/candles";
import { count } from "@/lib/view-models/format-number";
import { later, NotLoaded } from "@/ui/later";
import { Panel } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";

const CandleChart = later(
  () => import("@/charts/candle-chart").then((module) => module.CandleChart),
  () => <ChartSkeleton chart="candles" />,
  NotLoaded,
);

const FIT = parseAsStringLiteral(["levels", "candles"] as const)
  .withDefault("levels")
  .withOptions(BACK_RESTORES);
const FIT_OPTIONS = [
  { value: "levels", text: "stop to target", title: "Every line is in sight" },
  { value: "candles", text: "candles", title: "Only as far as the price went" },
] as const;

/** The candles that the bot recorded around the trade; without any, the numbers below stay. */
export function TradeChart({ row }: { row: PositionRow }) {
  const { bot_id: bot, coin } = row;
  const [now] = useState(serverNow);
  const [fit, setFit] = useQueryState("fit", FIT);
  const [known, setKnown] = useState(0);
  const query = useCandles({ bot, coin, ...spanOf(row, now, known) });
  const interval = query.data?.interval ?? 0;
  // Long candles around a short trade: their length is known once some have been read.
  useEffect(() => setKnown(interval), [interval]);
  useFollowed(query.refetch, row.status === "open" ? row.mark_time : null, interval);
  const bars = useMemo(() => barsOf(query.data?.candles ?? [], interval), [query.data, interval]);
  const drawing = useMemo(
    () => ({
      bars,
      levels: levelsOf(row),
      side: row.side,
      entry: barAt(bars, row.entry_time, interval)?.time ?? null,
      exit: barAt(bars, row.exit_time ?? null, interval)?.time ?? null,
      fit,
      span: `${row.bot_id} ${row.id}`,
    }),
    [bars, interval, row, fit],
  );
  const missing = bars.filter((bar) => bar.candle === undefined).length;
  return (
    <Panel
      title="Price"
      query={query}
      skeleton={<ChartSkeleton chart="candles" />}
      isEmpty={bars.length === 0}
      empty={
        <p className={`p-3 text-muted ${CHART_PLACE.candles}`}>
          The bot recorded no candles for this span. What the trade made stands below.
        </p>
      }
      actions={
        bars.length > 0 && (
          <Segmented
            label="How far the prices reach"
            value={fit}
            options={FIT_OPTIONS}
            onChange={setFit}
          />
        )
      }
      partial={
        bars.length > 0 && (
          <>
            {count(bars.length - missing)} candles of {intervalText(interval)}
            {missing > 0 && `; ${count(missing)} were not recorded and are left blank`}
            {drawing.entry === null && "; the entry lies outside of them"}
          </>
        )
      }
    >
      <CandleChart
        drawing={drawing}
        label={`Candles of ${coin} with entry, exit, stop and target`}
        note={`${row.side} of ${row.bot_name ?? bot}, candles of ${intervalText(interval)}`}
      />
    </Panel>
  );
}

/** Reads the candles again once the account's marks have moved on by one, never by a timer. */
function useFollowed(reread: () => unknown, mark: string | null | undefined, interval: number) {
  const bucket = mark && interval > 0 ? Math.floor(Date.parse(mark) / 1000 / interval) : null;
  const [first] = useState(bucket);
  useEffect(() => {
    if (bucket !== null && bucket !== first) void reread();
  }, [bucket, first, reread]);
}
