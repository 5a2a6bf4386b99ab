import type { TradeGroup } from "@/api/types";
import { count, duration, share } from "@/lib/view-models/format-number";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Side } from "@/ui/position-cells";

type Props = { groups: readonly TradeGroup[]; coins: number };

/** Closed trades together: all, each side, each coin with its sides. */
export function PerformanceGroups({ groups, coins }: Props) {
  const shown = new Set(groups.flatMap((one) => one.coin ?? [])).size;
  return (
    <>
      <DataTable
        label="By coin and side"
        columns={COLUMNS}
        rows={groups}
        rowKey={(one) => `${one.coin ?? ""}/${one.side ?? ""}`}
      />
      {shown < coins && (
        <p className="label border-t px-3 py-1">
          the {count(shown)} most traded of {count(coins)} coins
        </p>
      )}
    </>
  );
}

const money = (value: string | null) => <Delta value={value} as="usd" short />;

const COLUMNS: readonly Column<TradeGroup>[] = [
  {
    key: "what",
    head: "trades",
    cell: (one) => (
      <span className={`flex items-center gap-2 ${one.coin && one.side ? "pl-3" : ""}`}>
        {(one.coin === null || one.side === null) && (
          <span className="font-medium">{one.coin ?? (one.side ? "" : "all")}</span>
        )}
        {one.side && <Side side={one.side} />}
      </span>
    ),
  },
  { key: "n", head: "n", title: "Closed trades", number: true, cell: (one) => count(one.n) },
  {
    key: "won",
    head: "won",
    title: "Share of trades with a net result above 0",
    number: true,
    cell: (one) => share(one.wins, one.n),
  },
  {
    key: "net",
    head: "net",
    title: "Sum of the results, net of fees and funding",
    number: true,
    cell: (one) => money(one.net),
  },
  {
    key: "means",
    head: "mean win, loss",
    title: "Mean of the winning and of the losing trades",
    number: true,
    from: "md",
    cell: (one) => <Two first={one.mean_win} second={one.mean_loss} />,
  },
  {
    key: "extremes",
    head: "best, worst",
    title: "Largest win and largest loss",
    number: true,
    cell: (one) => <Two first={one.best} second={one.worst} />,
  },
  {
    key: "held",
    head: "held",
    title: "Median time from entry to exit",
    number: true,
    from: "lg",
    cell: (one) =>
      duration(one.median_hold_seconds === null ? null : one.median_hold_seconds * 1000),
  },
];

function Two({ first, second }: { first: string | null; second: string | null }) {
  return (
    <span className="inline-flex flex-col items-end py-1 leading-4">
      {money(first)}
      {money(second)}
    </span>
  );
}
