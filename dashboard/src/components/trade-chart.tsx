"use client";
import dynamic from "next/dynamic";
import { useEffect, useMemo, useState } from "react";
import { serverNow } from "@/api/clock";
import type { PositionRow } from "@/api/types";
import { useCandles } from "@/queries/use-candles";
import { barAt, barsOf, levelsOf, spanOf } from "@/shape/candles";
import { count, duration } from "@/shape/format-number";
import { ChartSkeleton } from "./chart-skeleton";
import { Panel } from "./panel";

const CandleChart = dynamic(() => import("./candle-chart").then((module) => module.CandleChart), {
  ssr: false,
  loading: () => <ChartSkeleton />,
});

/** The candles that the bot recorded around the trade; without any, the numbers below stay. */
export function TradeChart({ row }: { row: PositionRow }) {
  const { bot_id: bot, coin } = row;
  const [now] = useState(serverNow);
  const { start, end } = spanOf(row, now);
  const query = useCandles({ bot, coin, start, end });
  const interval = query.data?.interval ?? 0;
  useFollowed(query.refetch, row.status === "open" ? row.mark_time : null, interval);
  const bars = useMemo(() => barsOf(query.data?.candles ?? [], interval), [query.data, interval]);
  const drawing = useMemo(
    () => ({
      bars,
      levels: levelsOf(row),
      side: row.side,
      entry: barAt(bars, row.entry_time, interval)?.time ?? null,
      exit: barAt(bars, row.exit_time ?? null, interval)?.time ?? null,
      span: `${row.bot_id} ${row.id}`,
    }),
    [bars, interval, row],
  );
  const missing = bars.filter((bar) => bar.candle === undefined).length;
  return (
    <Panel
      title="Price"
      query={query}
      skeleton={<ChartSkeleton />}
      isEmpty={bars.length === 0}
      empty={
        <p className="p-3 text-muted">
          The bot recorded no candles for this span. What the trade made stands below.
        </p>
      }
      partial={
        bars.length > 0 && (
          <>
            {count(bars.length - missing)} candles of {duration(interval * 1000).replace(/\.0/, "")}
            {missing > 0 && `; ${count(missing)} were not recorded and are left blank`}
            {drawing.entry === null && "; the entry lies outside of them"}
          </>
        )
      }
    >
      <CandleChart
        drawing={drawing}
        label={`Candles of ${coin} with entry, exit, stop and target`}
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
