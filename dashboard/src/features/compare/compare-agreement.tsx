"use client";
import Link from "next/link";
import type { Comparison } from "@/api/types";
import { SIGNAL_WORDS } from "@/lib/view-models/chain";
import { agreementText } from "@/lib/view-models/compare";
import { count } from "@/lib/view-models/format-number";
import { decisionHref } from "@/lib/view-models/screens";
import { DataTable } from "@/ui/data-table";
import { Moment } from "@/ui/moment";
import { Panel, SkeletonRows } from "@/ui/panel";
import { useBotColumns } from "./compare-columns";
import type { PartProps } from "./compare-settings";

const SHOWN = 20;

type Row = Comparison["agreement"]["disagreed"][number];

const TONES = {
  buy_to_enter: "text-gain",
  sell_to_enter: "text-loss",
  close: "text-text",
  hold: "text-faint",
} as const;

/** Where they decided alike, and each time that they did not: a row a time, a column a bot. */
export function CompareAgreement({ ids, query, comparison }: PartProps) {
  const agreement = comparison?.agreement;
  const text = agreement ? agreementText(agreement) : null;
  const rows = agreement?.disagreed.slice(0, SHOWN) ?? [];
  const missed = agreement ? agreement.n - agreement.agreed : 0;
  const columns = useBotColumns<Row>(ids, {
    head: "disagreed",
    name: (row) => (
      <span className="flex gap-2 whitespace-nowrap">
        <Moment at={row.time} className="text-faint" />
        <span className="font-medium">{row.coin}</span>
      </span>
    ),
    cell: (row, id) => <Decided row={row} id={id} />,
  });
  return (
    <Panel
      title="Agreement"
      query={query}
      className="border-t"
      skeleton={<SkeletonRows rows={4} />}
      isEmpty={text === null}
      empty={
        <p className="p-3 text-muted">They never decided on the same coin at the same time.</p>
      }
      partial={
        rows.length < missed && `showing the newest ${count(rows.length)} of ${count(missed)} times`
      }
    >
      <p className="border-b px-3 py-2">They agreed in {text}.</p>
      <DataTable
        label="Disagreements"
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.time} ${row.coin}`}
      />
    </Panel>
  );
}

function Decided({ row, id }: { row: Row; id: string }) {
  const one = row.signals.find((signal) => signal.bot_id === id);
  if (!one) return <span className="text-faint">—</span>;
  return (
    <Link
      prefetch={false}
      href={decisionHref(one.decision_id)}
      className={`target inline-flex items-center justify-end font-semibold hover:underline ${TONES[one.signal]}`}
    >
      {SIGNAL_WORDS[one.signal]}
    </Link>
  );
}
