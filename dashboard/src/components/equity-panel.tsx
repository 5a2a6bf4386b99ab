"use client";
import dynamic from "next/dynamic";
import { useMemo } from "react";
import { RANGES, SHOWN_AS, useView } from "@/prefs/use-view";
import { useEquity } from "@/queries/use-equity";
import { useFleet } from "@/queries/use-fleet";
import { linesOf } from "@/shape/equity";
import { stepText } from "@/shape/format-time";
import { ChartSkeleton } from "./chart-skeleton";
import { EmptyState } from "./empty-state";
import { EquityTable } from "./equity-table";
import { ExportLinks } from "./export-links";
import { Panel } from "./panel";
import { Segmented } from "./segmented";

const EquityChart = dynamic(() => import("./equity-chart").then((module) => module.EquityChart), {
  ssr: false,
  loading: () => <ChartSkeleton />,
});

const UNIT_OPTIONS = [
  { value: "usd", text: "$", title: "Equity in US dollars" },
  { value: "pct", text: "%", title: "Return since the deposits" },
  { value: "dd", text: "drawdown", title: "Fall below the peak within the range" },
] as const;

/** Equity of all bots over time, each line named at its end. */
export function EquityPanel() {
  const [{ range, unit, as, bots: chosen }, setView] = useView();
  const { bots, hues } = useFleet();
  const query = useEquity(range);
  const data = query.data;
  const lines = useMemo(() => {
    const shown = data?.series.filter(
      (one) => one.points.length > 0 && (chosen.length === 0 || chosen.includes(one.bot_id)),
    );
    return linesOf(shown ?? [], bots, unit, data?.bucket_seconds ?? 60);
  }, [data, bots, unit, chosen]);
  return (
    <Panel
      title="Equity"
      query={query}
      skeleton={<ChartSkeleton />}
      isEmpty={lines.length === 0}
      empty={
        <div className="min-h-64">
          <EmptyState kind="account" text="No account was reported in this range." />
        </div>
      }
      partial={
        lines.length > 0 && (
          <span className="flex items-center justify-between gap-3">
            {data && `in steps of ${stepText(data.bucket_seconds)}`}
            <ExportLinks what="equity" bot={chosen.length === 1 ? chosen[0] : null} />
          </span>
        )
      }
      bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
      actions={
        <>
          {chosen.length > 0 && (
            <button
              type="button"
              className="target text-accent text-sm hover:underline"
              onClick={() => setView({ bots: [] })}
            >
              all bots
            </button>
          )}
          <Segmented
            label="Shown as"
            value={as}
            options={SHOWN_AS.map((value) => ({ value, text: value }))}
            onChange={(next) => setView({ as: next })}
          />
          <span aria-hidden className="h-4 border-l max-sm:hidden" />
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
      {as === "table" ? (
        <EquityTable lines={lines} hues={hues} unit={unit} />
      ) : (
        <EquityChart
          lines={lines}
          hues={hues}
          unit={unit}
          span={range}
          onPick={(id) => setView({ bots: chosen.includes(id) ? [] : [id] })}
        />
      )}
    </Panel>
  );
}
