import type { BotMetrics } from "@/api/types";
import { definitionOf } from "@/lib/view-models/definitions";
import { count, decimal } from "@/lib/view-models/format-number";
import { exactOf, whole } from "@/lib/view-models/metrics";

/** Does it win as often as it says? Stated confidence beside what came true, with the samples. */
export function BotCalibration({ metrics }: { metrics: BotMetrics }) {
  const bins = metrics.calibration.filter((bin) => bin.n > 0);
  return (
    <section aria-label="Calibration" className="border-t p-3">
      <h3 className="label mb-1 whitespace-normal!">
        calibration: stated confidence against trades won
        <span className="num ml-2">
          n {count(metrics.calibration_n)} · Brier {decimal(exactOf(metrics.brier), 3)}
        </span>
      </h3>
      {bins.length === 0 ? (
        <p className="text-faint text-sm">
          No closed trade has stated a confidence yet; a fixed rule states none.
        </p>
      ) : (
        <table className="w-full max-w-xl border-collapse text-left" aria-label="Calibration">
          <thead>
            <tr>
              {["stated", "won", "n", ""].map((head) => (
                <th
                  key={head}
                  scope="col"
                  title={definitionOf(head)}
                  className={`label pr-4 font-normal ${head === "" ? "w-full" : "text-right"}`}
                >
                  {head || <span className="sr-only">stated and won, drawn</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.low} className="h-7 border-t">
                <td
                  className="num pr-4 text-right"
                  title={`${whole(bin.low)} to ${whole(bin.high)}`}
                >
                  {whole(bin.stated)}
                </td>
                <td className="num pr-4 text-right">{whole(bin.won)}</td>
                <td className="num pr-4 text-right text-faint">{count(bin.n)}</td>
                <td className="w-full min-w-24">
                  <Bar stated={bin.stated ?? 0} won={bin.won ?? 0} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** How often it won as a bar, how sure it was as a tick. */
function Bar({ stated, won }: { stated: number; won: number }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      className="block h-2.5 w-full"
    >
      <path d="M0 5H100" stroke="var(--line)" strokeWidth="1" />
      <path d={`M0 5H${won * 100}`} stroke="var(--muted)" strokeWidth="5" />
      <path d={`M${stated * 100} 0V10`} stroke="var(--accent)" strokeWidth="0.6" />
    </svg>
  );
}
