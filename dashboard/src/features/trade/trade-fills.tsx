import Link from "next/link";
import type { FillRow, FundingRow, TradeDetail } from "@/api/types";
import { alignDecimals } from "@/lib/view-models/align";
import { sumTexts } from "@/lib/view-models/decimal";
import { basisPoints, count, percent, price, quantity, usd } from "@/lib/view-models/format-number";
import { decisionHref } from "@/lib/view-models/screens";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta } from "@/ui/delta";
import { Moment } from "@/ui/moment";

/** Every fill of the trade; their sums are the gross and the fees above. */
export function TradeFills({ detail }: { detail: TradeDetail }) {
  const { fills } = detail;
  const sizes = alignDecimals(fills.map((fill) => quantity(fill.size, 8, { signed: true })));
  const prices = alignDecimals(fills.map((fill) => price(fill.price)));
  const fees = alignDecimals(fills.map((fill) => usd(fill.fee, { places: 6 })));
  const columns: Column<FillRow>[] = [
    {
      key: "time",
      head: "time",
      cell: (fill) => <Moment at={fill.time} seconds className="text-muted" />,
    },
    { key: "why", head: "why", cell: (fill) => <Why fill={fill} /> },
    { key: "size", head: "size", number: true, cell: (_, index) => sizes[index] },
    { key: "price", head: "price", number: true, cell: (_, index) => prices[index] },
    {
      key: "realized",
      head: "realized",
      title: "Gross profit of this fill",
      number: true,
      cell: (fill) => <Delta value={fill.realized} as="usd" />,
    },
    { key: "fee", head: "fee", number: true, from: "md", cell: (_, index) => fees[index] },
    {
      key: "liquidity",
      head: "as",
      from: "md",
      cell: (fill) => <span className="text-muted text-sm">{fill.liquidity}</span>,
    },
  ];
  if (fills.some((fill) => fill.book_size !== null)) columns.push(...SHADOW);
  return (
    <>
      <DataTable label="Fills" columns={columns} rows={fills} rowKey={(fill) => fill.id} />
      <p className="label border-t px-3 py-1">
        {count(fills.length)} {fills.length === 1 ? "fill" : "fills"}: realized{" "}
        <span className="num">
          {usd(sumTexts(fills.map((fill) => fill.realized)), { signed: true, places: 6 })}
        </span>
        , fees{" "}
        <span className="num">{usd(sumTexts(fills.map((fill) => fill.fee)), { places: 6 })}</span>
        {detail.shortfall_usd !== null && (
          <>
            , the real book{" "}
            <span className="num">{usd(detail.shortfall_usd, { signed: true, places: 6 })}</span> (
            <span className="num">{basisPoints(detail.shortfall_bp)}</span>) worse
          </>
        )}
      </p>
    </>
  );
}

/** What the real order book would have given at the moment of each fill of a shadow. */
const SHADOW: Column<FillRow>[] = [
  {
    key: "book",
    head: "real book",
    title: "The average price at which the real order book would have filled it, and how much",
    number: true,
    from: "md",
    cell: (fill) =>
      fill.book_price === null ? "—" : `${price(fill.book_price)} × ${quantity(fill.book_size, 8)}`,
  },
  {
    key: "shortfall",
    head: "shortfall",
    title: "What the real book would have cost more than the paper fill; negative: less",
    number: true,
    cell: (fill) =>
      fill.shortfall_usd === null
        ? "—"
        : `${usd(fill.shortfall_usd, { places: 6 })} (${basisPoints(fill.shortfall_bp)})`,
  },
];

function Why({ fill }: { fill: FillRow }) {
  if (!fill.decision_id) return <span className="text-sm">{fill.reason}</span>;
  return (
    <Link
      prefetch={false}
      href={decisionHref(fill.decision_id)}
      title="The decision that this fill came from"
      className="target inline-flex items-center text-sm underline-offset-2 hover:text-accent hover:underline"
    >
      {fill.reason}
    </Link>
  );
}

/** Funding payments, hour by hour: what is paid is negative, what is received positive. */
export function TradeFunding({ funding }: Pick<TradeDetail, "funding">) {
  const columns: Column<FundingRow>[] = [
    { key: "time", head: "time", cell: (one) => <Moment at={one.time} className="text-muted" /> },
    { key: "rate", head: "rate", number: true, cell: (one) => percent(one.rate, { places: 5 }) },
    {
      key: "oracle",
      head: "oracle price",
      number: true,
      from: "md",
      cell: (one) => price(one.oracle),
    },
    {
      key: "amount",
      head: "paid",
      title: "A negative amount was received",
      number: true,
      cell: (one) => usd(one.amount, { places: 6 }),
    },
  ];
  return (
    <>
      <div className="max-h-64 overflow-y-auto">
        <DataTable
          label="Funding payments"
          columns={columns}
          rows={funding}
          rowKey={(one) => one.id}
        />
      </div>
      <p className="label border-t px-3 py-1">
        {count(funding.length)} {funding.length === 1 ? "payment" : "payments"}, paid in all{" "}
        <span className="num">
          {usd(sumTexts(funding.map((one) => one.amount)), { places: 6 })}
        </span>
      </p>
    </>
  );
}
