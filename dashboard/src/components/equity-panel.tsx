"use client";
import dynamic from "next/dynamic";
import { useMemo } from "react";
import { RANGES, SHOWN_AS, useView } from "@/prefs/use-view";
import { useEquity } from "@/queries/use-equity";
import { useFleet } from "@/queries/use-fleet";
import { type Line, linesOf, type Unit } from "@/shape/equity";
import { stepText } from "@/shape/format-time";
import { ChartSkeleton } from "./chart-skeleton";
import { EmptyState } from "./empty-state";
import { EquityTable } from "./equity-table";
import { ExportLinks } from "./export-links";
import { Moment } from "./moment";
import { Panel } from "./panel";
import { Segmented } from "./segmented";

const EquityChart = dynamic(() => import("./equity-chart").then((module) => module.EquityChart), {
  ssr: false,
  loading: () => <ChartSkeleton />,
});

const UNIT_OPTIONS = [
  { value: "usd", text: "$", title: "Equity in US dollars" },
  { value: "pct", text: "%", title: "Return since the begin of the range" },
  { value: "dd", text: "drawdown", title: "Fall below the peak within the range" },
] as const;

/** Equity of all bots over time, each line named at its end. */
export function EquityPanel() {
  const [view, setView] = useView();
  const { range, unit, as, bots: chosen, hide, scale } = view;
  const { bots, hues } = useFleet();
  const query = useEquity(range);
  const data = query.data;
  const since = range === "all" ? null : (data?.start ?? null);
  const all = useMemo(() => {
    const shown = data?.series.filter((one) => one.points.length > 0);
    const lines = linesOf(shown ?? [], bots, unit, data?.bucket_seconds ?? 60, since);
    return lines.sort((a, b) => (b.lastValue ?? 0) - (a.lastValue ?? 0));
  }, [data, bots, unit, since]);
  const hidden = useMemo(() => {
    const out = (id: string) => (chosen.length > 0 ? !chosen.includes(id) : hide.includes(id));
    return new Set(all.map((line) => line.botId).filter(out));
  }, [all, chosen, hide]);
  const lines = all.filter((line) => !hidden.has(line.botId));
  const choice = {
    onHide: (id: string) => setView(toggled(all, hidden, id)),
    onAlone: (id: string) =>
      setView({ bots: chosen.length === 1 && chosen[0] === id ? [] : [id], hide: [] }),
  };
  return (
    <Panel
      title="Equity"
      query={query}
      skeleton={<ChartSkeleton />}
      isEmpty={all.length === 0}
      empty={
        <div className="min-h-64">
          <EmptyState kind="account" text="No account was reported in this range." />
        </div>
      }
      partial={
        (query.isPending || all.length > 0) && (
          <span className="flex min-h-6 items-center justify-between gap-3">
            {data && <Base unit={unit} since={since} step={data.bucket_seconds} />}
            <ExportLinks what="equity" bot={chosen.length === 1 ? chosen[0] : null} />
          </span>
        )
      }
      bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
      actions={
        <>
          {hidden.size > 0 && (
            <button
              type="button"
              className="target text-accent text-sm hover:underline"
              onClick={() => setView({ bots: [], hide: [] })}
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
          lines={all}
          hidden={hidden}
          hues={hues}
          unit={unit}
          span={range}
          choice={choice}
          whole={scale === "all"}
          onWhole={(whole) => setView({ scale: whole ? "all" : "most" })}
        />
      )}
    </Panel>
  );
}

/** The choice after one line is hidden or shown; the last one in sight stays. */
function toggled(all: readonly Line[], hidden: ReadonlySet<string>, id: string) {
  const out = new Set(hidden);
  if (!out.delete(id) && out.size < all.length - 1) out.add(id);
  return { bots: [], hide: [...out] };
}

/** What the figures count from, and how far apart they are. */
function Base({ unit, since, step }: { unit: Unit; since: string | null; step: number }) {
  return (
    <span>
      {unit === "pct" && since === null && "return since the deposits, "}
      {unit === "pct" && since !== null && (
        <>
          return since <Moment at={since} />,{" "}
        </>
      )}
      in steps of {stepText(step)}
    </span>
  );
}
