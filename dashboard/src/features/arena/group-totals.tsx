"use client";
import { cost, count } from "@/lib/view-models/format-number";
import type { Per } from "@/lib/view-models/tags";
import { type BotGroup, groupTotals, type GroupTotals as Row } from "@/lib/view-models/tags";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Dollars } from "@/ui/dollars";
import { ModeMark } from "@/ui/mode-badge";

/** What the bots of each group have together, apart for each kind of money. */
export function GroupTotals({ groups, per }: { groups: readonly BotGroup[]; per: Per }) {
  return (
    <div className="border-b">
      <DataTable
        label={`Totals by ${per}`}
        columns={COLUMNS(per)}
        rows={groupTotals(groups)}
        rowKey={(row) => row.key}
      />
    </div>
  );
}

const COLUMNS = (per: Per): Column<Row>[] => [
  {
    key: "group",
    head: per,
    cell: ({ name, kind }) => (
      <span className="flex max-w-[220px] items-center gap-2">
        <span className="min-w-0 truncate" title={name}>
          {name}
        </span>
        <ModeMark mode={kind} bare />
      </span>
    ),
  },
  { key: "bots", head: "bots", number: true, cell: ({ totals }) => count(totals.bots) },
  {
    key: "return",
    head: "return",
    title: "Since the deposits, of all of them together",
    number: true,
    cell: ({ totals }) => <Delta value={totals.return} as="percent" />,
  },
  {
    key: "equity",
    head: "equity",
    number: true,
    cell: ({ totals }) => <Dollars value={totals.equity} />,
  },
  {
    key: "pnl",
    head: "total P&L",
    number: true,
    from: "md",
    cell: ({ totals }) => <Dollars value={totals.totalPnl} delta />,
  },
  {
    key: "unrealized",
    head: "unrealized",
    number: true,
    from: "lg",
    cell: ({ totals }) => <Dollars value={totals.unrealized} delta />,
  },
  {
    key: "open",
    head: "open",
    title: "Open positions",
    number: true,
    from: "md",
    cell: ({ totals }) => count(totals.open),
  },
  {
    key: "fees",
    head: "fees",
    number: true,
    from: "xl",
    cell: ({ totals }) => <Dollars value={totals.fees} />,
  },
  {
    key: "cost",
    head: "model cost",
    number: true,
    from: "lg",
    cell: ({ totals }) => cost(totals.modelCost),
  },
];
