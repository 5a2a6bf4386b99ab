"use client";
import dynamic from "next/dynamic";
import { useMemo, useState } from "react";
import type { Comparison, Range } from "@/api/types";
import { useEquity } from "@/queries/use-equity";
import { useFleet } from "@/queries/use-fleet";
import { alignedSeries, rebased } from "@/shape/compare";
import { linesOf } from "@/shape/equity";
import { ChartSkeleton } from "./chart-skeleton";
import { Moment } from "./moment";
import { Panel } from "./panel";

const EquityChart = dynamic(() => import("./equity-chart").then((module) => module.EquityChart), {
  ssr: false,
  loading: () => <ChartSkeleton />,
});

type Props = { ids: readonly string[]; range: Range; comparison: Comparison | undefined };

/** Returns counted from the instant at which all of them had begun. */
export function CompareEquity({ ids, range, comparison }: Props) {
  const [whole, setWhole] = useState(false);
  const start = comparison?.aligned_start ?? null;
  const { bots, hues } = useFleet();
  const query = useEquity(range);
  const data = query.data;
  const lines = useMemo(() => {
    const series = alignedSeries(data?.series ?? [], ids, start);
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
      empty={<p className="min-h-32 p-3 text-muted">These bots share no time in this range.</p>}
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
