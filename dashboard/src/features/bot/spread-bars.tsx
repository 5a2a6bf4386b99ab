import type { TradeBin } from "@/api/types";
import { count, usdShort } from "@/lib/view-models/format-number";

type Props = {
  title: string;
  bins: readonly TradeBin[];
  bound: (value: string) => string;
  /** Bins below 0 are losses. */
  signed?: boolean;
};

/** How many trades fall into each of some ranges: a table whose last column is drawn. */
export function SpreadBars({ title, bins, bound, signed = false }: Props) {
  const most = Math.max(1, ...bins.map((bin) => bin.n));
  return (
    <section aria-label={title} className="border-t p-3">
      <h3 className="label mb-1">{title}</h3>
      <table className="w-full max-w-xl border-collapse text-left" aria-label={title}>
        <thead className="sr-only">
          <tr>
            <th scope="col">range</th>
            <th scope="col">trades</th>
            <th scope="col">drawn</th>
          </tr>
        </thead>
        <tbody>
          {bins.map((bin) => (
            <tr key={`${bin.low}/${bin.high}`} className="h-6">
              <td className="num whitespace-nowrap pr-3 text-right text-sm">
                {rangeOf(bin, bound)}
              </td>
              <td className="num w-10 pr-3 text-right text-faint">{count(bin.n)}</td>
              <td className="w-full min-w-16">
                <div
                  aria-hidden="true"
                  className={`h-2 ${toneOf(bin, signed)}`}
                  style={{ width: `${(100 * bin.n) / most}%` }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A bound of results in dollars. */
export const netBound = (value: string) => usdShort(value, { signed: true });

function rangeOf(bin: TradeBin, bound: (value: string) => string): string {
  if (bin.low === null) return bin.high === null ? "all" : `below ${bound(bin.high)}`;
  return bin.high === null
    ? `${bound(bin.low)} or more`
    : `${bound(bin.low)} to ${bound(bin.high)}`;
}

function toneOf(bin: TradeBin, signed: boolean): string {
  if (!signed) return "bg-muted";
  const isLoss = bin.high !== null && Number(bin.high) <= 0;
  return isLoss ? "bg-loss" : "bg-gain";
}
