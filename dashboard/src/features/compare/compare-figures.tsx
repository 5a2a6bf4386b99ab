"use client";
import { useMetrics } from "@/api/queries/use-metrics";
import type { BotMetrics } from "@/api/types";
import { FIGURES_SINCE, useCompareView } from "@/lib/prefs/use-compare-view";
import { count } from "@/lib/view-models/format-number";
import { METRIC_ROWS, type MetricRow } from "@/lib/view-models/metrics";
import { DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";
import { useBotColumns } from "./compare-columns";
import type { PartProps } from "./compare-settings";

const SINCE_TEXTS: Record<(typeof FIGURES_SINCE)[number], { text: string; title: string }> = {
  common: { text: "same start", title: "From the instant on at which all of them had begun" },
  own: { text: "own start", title: "Of each one's whole life" },
};

/** Every figure of each bot, as the server counts them, with its sample. */
export function CompareFigures({ ids, query, comparison }: PartProps) {
  const [{ figures: since }, setView] = useCompareView();
  const own = useMetrics(ids);
  const shown: readonly BotMetrics[] = (since === "common" ? comparison?.figures : own.data) ?? [];
  const byBot = new Map(shown.map((one) => [one.bot_id, one]));
  const source = since === "common" ? query : own;
  const columns = useBotColumns<MetricRow>(ids, {
    head: "figure",
    name: (row) => <span title={row.title}>{row.name}</span>,
    cell: (row, id) => {
      const one = byBot.get(id);
      return one ? <Figure row={row} one={one} /> : "—";
    },
  });
  const fewest = Math.min(...shown.map((one) => one.performance.returns_n));
  const least = shown[0]?.performance.min_days ?? 0;
  return (
    <Panel
      title={since === "common" ? "Figures from the same start" : "Figures since each began"}
      query={source}
      className="border-t"
      bodyClassName={source.isPlaceholderData ? "opacity-60" : ""}
      skeleton={<SkeletonRows rows={8} />}
      isEmpty={shown.length === 0}
      empty={<p className="p-3 text-muted">These bots share no time in this range.</p>}
      actions={
        <Segmented
          label="Counted from"
          value={since}
          options={FIGURES_SINCE.map((value) => ({ value, ...SINCE_TEXTS[value] }))}
          onChange={(next) => setView({ figures: next })}
        />
      }
      partial={
        <>
          In brackets the size of the sample: days for Sharpe and its like, closed trades for the
          rest.
          {fewest < least && ` Yearly figures appear from ${count(least)} days on.`}
        </>
      }
    >
      <DataTable label="Figures" columns={columns} rows={METRIC_ROWS} rowKey={(row) => row.key} />
    </Panel>
  );
}

/** The sign of what was won or lost is coloured; ratios and shares are not. */
function Figure({ row, one }: { row: MetricRow; one: BotMetrics }) {
  const { text, n, exact } = row.of(one);
  return (
    <>
      {row.tone ? <Delta value={exact} as={row.tone} /> : text}
      {n !== null && <span className="text-faint"> ({count(n)})</span>}
    </>
  );
}
