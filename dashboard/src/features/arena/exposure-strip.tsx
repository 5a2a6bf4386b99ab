"use client";
import type { BotRow, PositionRow } from "@/api/types";
import type { GROUPS } from "@/lib/prefs/use-view";
import { count } from "@/lib/view-models/format-number";
import { type Kind, kindOf } from "@/lib/view-models/kind";
import { type Exposure, exposures } from "@/lib/view-models/stake";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Dollars } from "@/ui/dollars";
import { ModeMark } from "@/ui/mode-badge";

export type Group = (typeof GROUPS)[number];

type Props = {
  rows: readonly PositionRow[];
  byId: ReadonlyMap<string, BotRow>;
};

/** Net exposure in each coin, apart for each kind of money. */
export function ExposureStrip({ rows, byId }: Props) {
  const kinds = [...new Set(rows.map((row) => kindOfRow(row, byId)))];
  return (
    <div className="divide-y border-b">
      {kinds.map((kind) => {
        const ours = rows.filter((row) => kindOfRow(row, byId) === kind);
        return (
          <section
            key={kind}
            aria-label={`Net exposure, ${kind}`}
            className="flex flex-wrap items-center gap-x-5 gap-y-1 px-3 py-1.5"
          >
            <span className="label inline-flex items-center gap-2">
              net exposure {kinds.length > 1 && <ModeMark mode={kind} />}
            </span>
            {exposures(ours, (row) => row.coin).map((one) => (
              <span key={one.key} className="inline-flex items-center gap-1.5" title={says(one)}>
                <span className="font-medium text-sm">{one.key}</span>
                <span className="num">
                  <Dollars value={one.net} />
                </span>
              </span>
            ))}
          </section>
        );
      })}
    </div>
  );
}

function kindOfRow(row: PositionRow, byId: ReadonlyMap<string, BotRow>): Kind {
  const bot = byId.get(row.bot_id);
  return bot ? kindOf(bot) : row.mode;
}

function says(one: Exposure): string {
  const told = `long ${one.long}, short ${one.short} USD in ${count(one.positions)} positions`;
  return one.unknown > 0 ? `${told}; the notional of ${count(one.unknown)} is unknown` : told;
}

type TotalsProps = Props & { group: Exclude<Group, "none">; nameOf: (row: PositionRow) => string };

/** Sums for each coin, side or bot; kinds of money are never added. */
export function ExposureTotals({ rows, byId, group, nameOf }: TotalsProps) {
  const kinds = new Set(rows.map((row) => kindOfRow(row, byId)));
  const keyOf = (row: PositionRow) =>
    kinds.size > 1 ? `${nameOf(row)} · ${kindOfRow(row, byId)}` : nameOf(row);
  const totals = exposures(rows, keyOf);
  return (
    <div className="border-b">
      <DataTable
        label={`Totals by ${group}`}
        columns={COLUMNS(group)}
        rows={totals}
        rowKey={(one) => one.key}
      />
    </div>
  );
}

const COLUMNS = (group: string): Column<Exposure>[] => [
  {
    key: "key",
    head: group,
    cell: (one) => <span className="block max-w-[220px] truncate">{one.key}</span>,
  },
  { key: "n", head: "positions", number: true, cell: (one) => count(one.positions) },
  {
    key: "net",
    head: "net",
    title: "Long less short",
    number: true,
    cell: (one) => <Dollars value={one.net} />,
  },
  {
    key: "long",
    head: "long",
    number: true,
    from: "md",
    cell: (one) => <Dollars value={one.long} />,
  },
  {
    key: "short",
    head: "short",
    number: true,
    from: "md",
    cell: (one) => <Dollars value={one.short} />,
  },
  {
    key: "margin",
    head: "margin",
    number: true,
    from: "lg",
    cell: (one) => <Dollars value={one.margin} />,
  },
  {
    key: "unrealized",
    head: "unrealized",
    number: true,
    cell: (one) => <Delta value={one.unrealized} as="usd" />,
  },
  {
    key: "unprotected",
    head: "unprotected",
    title: "Without a stop that can act",
    number: true,
    from: "sm",
    cell: (one) => (
      <span className={one.unprotected > 0 ? "text-warn" : "text-faint"}>
        {count(one.unprotected)}
      </span>
    ),
  },
];
