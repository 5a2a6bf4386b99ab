"use client";
import { useMetrics } from "@/queries/use-metrics";
import { count } from "@/shape/format-number";
import { exactOf, METRIC_ROWS, type MetricRow } from "@/shape/metrics";
import { useBotColumns } from "./compare-columns";
import type { PartProps } from "./compare-settings";
import { DataTable } from "./data-table";
import { Delta } from "./delta";
import { Panel, SkeletonRows } from "./panel";

const ALIGNED: MetricRow = {
  key: "aligned",
  name: "return from the same start",
  title: "Net of deposits, since all of them had begun",
  group: "Return",
  of: () => ({ text: "", n: null, exact: null }),
};
const ROWS = [ALIGNED, ...METRIC_ROWS];

/** Every figure of each bot, as the server counts them, with its sample. */
export function CompareFigures({ ids, comparison }: Pick<PartProps, "ids" | "comparison">) {
  const query = useMetrics(ids);
  const byBot = new Map(query.data?.map((one) => [one.bot_id, one]));
  const columns = useBotColumns<MetricRow>(ids, {
    head: "figure",
    name: (row) => <span title={row.title}>{row.name}</span>,
    cell: (row, id) => {
      if (row === ALIGNED) {
        const own = comparison?.returns.find((one) => one.bot_id === id);
        return <Delta value={exactOf(own?.return_fraction)} as="percent" />;
      }
      const one = byBot.get(id);
      if (!one) return "—";
      const { text, n } = row.of(one);
      return (
        <>
          {text}
          {n !== null && <span className="text-faint"> ({count(n)})</span>}
        </>
      );
    },
  });
  return (
    <Panel
      title="Figures since each began"
      query={query}
      className="border-t"
      bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
      skeleton={<SkeletonRows rows={8} />}
      partial="In brackets the size of the sample: days for Sharpe and its like, closed trades for the rest."
    >
      <DataTable label="Figures" columns={columns} rows={ROWS} rowKey={(row) => row.key} />
    </Panel>
  );
}
