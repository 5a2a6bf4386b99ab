"use client";
import { useMemo, useState } from "react";
import { useEquity } from "@/api/queries/use-equity";
import { useFleet } from "@/api/queries/use-fleet";
import { useFreshBases } from "@/api/queries/use-fresh-bases";
import type { Comparison, Range } from "@/api/types";
import { CHART_PLACE, ChartSkeleton } from "@/charts/chart-skeleton";
import { alignedSeries, chartRange, rebased } from "@/lib/view-models/compare";
import { linesOf } from "@/lib/view-models/equity";
import { later, NotLoaded } from "@/ui/later";
import { Moment } from "@/ui/moment";
import { Panel } from "@/ui/panel";

const EquityChart = later(
  () => import("@/charts/equity-chart").then((module) => module.EquityChart),
  () => <ChartSkeleton />,
  NotLoaded,
);

type Props = {
  ids: readonly string[];
  range: Range;
  comparison: Comparison | undefined;
  /** Whether it is known from when on the bots can be compared, or that it cannot be known. */
  ready: boolean;
};

/** Returns counted from the instant at which all of them had begun. */
export function CompareEquity({ ids, range, comparison, ready }: Props) {
  const [whole, setWhole] = useState(false);
  const start = comparison?.aligned_start ?? null;
  const { bots, hues } = useFleet();
  const query = useEquity(chartRange(range, start, bots), ready);
  const data = query.data;
  useFreshBases(bots);
  const lines = useMemo(() => {
    const series = alignedSeries(data?.series ?? [], ids, start, data?.bases);
    return linesOf(
      series,
      rebased(bots, comparison?.returns ?? []),
      "pct",
      data?.bucket_seconds ?? 60,
    );
  }, [data, ids, start, bots, comparison]);
  return (
    <Panel
      title="Return from the same start"
      query={query}
      skeleton={<ChartSkeleton />}
      isEmpty={lines.length === 0}
      empty={
        <p className={`p-3 text-muted ${CHART_PLACE.lines}`}>
          These bots share no time in this range.
        </p>
      }
      bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
      actions={
        start && (
          <span className="label">
            from <Moment at={start} className="text-text" />
          </span>
        )
      }
    >
      <EquityChart
        title="Return from the same start"
        lines={lines}
        hues={hues}
        unit="pct"
        span={range}
        whole={whole}
        onWhole={setWhole}
      />
    </Panel>
  );
}
