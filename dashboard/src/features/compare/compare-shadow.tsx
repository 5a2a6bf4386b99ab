"use client";
import { useFleet } from "@/api/queries/use-fleet";
import type { StatusRow } from "@/api/types";
import { basisPoints, count, usd } from "@/lib/view-models/format-number";
import { DataTable } from "@/ui/data-table";
import { Panel, SkeletonRows } from "@/ui/panel";
import { useBotColumns } from "./compare-columns";
import type { PartProps } from "./compare-settings";

type Row = { key: string; name: string; title: string; of: (status: StatusRow) => string };

const ROWS: readonly Row[] = [
  {
    key: "usd",
    name: "shortfall",
    title: "What the real order books would have cost more than the paper fills; negative: less",
    of: (status) => usd(status.shadow_usd, { signed: true, places: 4 }),
  },
  {
    key: "bp",
    name: "of the notional",
    title: "The same in basis points of what the books would have filled",
    of: (status) => basisPoints(status.shadow_bp),
  },
  {
    key: "fills",
    name: "fills compared",
    title: "Fills for which a book was at hand, of all",
    of: (status) => `${count(status.shadow_compared)} of ${count(status.shadow_fills)}`,
  },
];

/** Paper against the real order book, for bots that trade as shadows; nothing without one. */
export function CompareShadow({ ids, query }: PartProps) {
  const { byId } = useFleet();
  const columns = useBotColumns<Row>(ids, {
    head: "figure",
    name: (row) => <span title={row.title}>{row.name}</span>,
    cell: (row, id) => {
      const status = byId.get(id)?.status;
      return status?.shadow_fills ? row.of(status) : "—";
    },
  });
  if (!ids.some((id) => byId.get(id)?.status?.shadow_fills)) return null;
  return (
    <Panel
      title="Shadow: paper against the real book"
      query={query}
      className="border-t"
      skeleton={<SkeletonRows rows={3} />}
      isEmpty={false}
      empty={null}
    >
      <DataTable label="Shadow" columns={columns} rows={ROWS} rowKey={(row) => row.key} />
    </Panel>
  );
}
