"use client";
import { count } from "@/lib/view-models/format-number";
import { type Bin, calibrationOf, whole } from "@/lib/view-models/metrics";
import { DataTable } from "@/ui/data-table";
import { Panel, SkeletonRows } from "@/ui/panel";
import { useBotColumns } from "./compare-columns";
import type { PartProps } from "./compare-settings";

/** Whether those who say 80 % are right in 80 of 100 trades. */
export function CompareCalibration({ ids, query, comparison }: PartProps) {
  const { rows, cellOf } = calibrationOf(comparison?.figures ?? []);
  const columns = useBotColumns<Bin>(ids, {
    head: "confidence stated",
    name: (row) => <span className="num">{row.text}</span>,
    cell: (row, id) => {
      const bin = cellOf(row, id);
      if (!bin || bin.n === 0) return "—";
      return (
        <span title={`${whole(bin.stated)} stated on average`}>
          {whole(bin.won)} <span className="text-faint">({count(bin.n)})</span>
        </span>
      );
    },
  });
  return (
    <Panel
      title="Confidence against outcome"
      query={query}
      className="border-t"
      skeleton={<SkeletonRows rows={3} />}
      isEmpty={rows.length === 0}
      empty={
        <p className="p-3 text-muted">
          No closed trade of these bots began with a stated confidence; baselines state none.
        </p>
      }
      partial="The share of trades that ended above zero, net, and how many there were."
    >
      <DataTable
        label="Confidence against outcome"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.text}
      />
    </Panel>
  );
}
