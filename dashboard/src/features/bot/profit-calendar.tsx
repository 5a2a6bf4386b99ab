import { useMemo } from "react";
import type { TradeDay } from "@/api/types";
import {
  type CalendarUnit,
  monthsOf,
  type Period,
  periodsOf,
  strengthOf,
} from "@/lib/view-models/calendar";
import { signOf } from "@/lib/view-models/decimal";
import { count, usdShort } from "@/lib/view-models/format-number";
import { Delta } from "@/ui/delta";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** Months, weeks or months' rows drawn; what is older stands in the export. */
const MOST_MONTHS = 12;
const MOST_ROWS = 60;

/** What each day, week or month made, newest first. */
export function ProfitCalendar({ days, unit }: { days: readonly TradeDay[]; unit: CalendarUnit }) {
  return unit === "day" ? <Months days={days} /> : <Rows days={days} unit={unit} />;
}

function Months({ days }: { days: readonly TradeDay[] }) {
  const months = useMemo(() => monthsOf(days), [days]);
  const largest = largestOf(days.map((one) => one.net));
  return (
    <div className="flex flex-wrap gap-x-6 gap-y-4">
      {months.slice(0, MOST_MONTHS).map((month) => (
        <table key={month.key} className="table-fixed border-collapse" aria-label={month.key}>
          <caption className="label mb-1 text-left">
            {month.key} <Delta value={month.net} as="usd" short className="ml-2" />
          </caption>
          <thead>
            <tr>
              {WEEKDAYS.map((name) => (
                <th key={name} scope="col" className="label w-12 pb-1 text-center font-normal">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {month.weeks.map((week) => (
              <tr key={week.find((one) => one !== null)?.key}>
                {week.map((one, index) => (
                  <Day key={one?.key ?? WEEKDAYS[index]} period={one} largest={largest} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      ))}
      <Older left={months.length - MOST_MONTHS} what="months" />
    </div>
  );
}

/** A day of the month: its number, what it made, and a colour as strong as that was large. */
function Day({ period, largest }: { period: Period | null; largest: number }) {
  if (period === null) return <td />;
  const sign = signOf(period.net);
  const tone = sign === 1 ? "var(--gain)" : sign === -1 ? "var(--loss)" : "transparent";
  const depth = Math.round(30 * strengthOf(period.net, largest));
  return (
    <td
      className="h-10 border px-0.5 text-center align-top"
      style={{ background: `color-mix(in srgb, ${tone} ${depth}%, transparent)` }}
      title={
        period.net === null
          ? `${period.key}: no trade ended`
          : `${period.key}: ${usdShort(period.net, { signed: true })}, ${count(period.n)} trades`
      }
    >
      <span className="num block text-faint text-xs">{Number(period.key.slice(8))}</span>
      {period.net !== null && <span className="num block text-xs">{briefly(period.net)}</span>}
    </td>
  );
}

function Rows({ days, unit }: { days: readonly TradeDay[]; unit: CalendarUnit }) {
  const periods = useMemo(() => periodsOf(days, unit), [days, unit]);
  const largest = largestOf(periods.map((one) => one.net));
  return (
    <>
      <table className="w-full max-w-xl border-collapse text-left" aria-label={`By ${unit}`}>
        <tbody>
          {periods.slice(0, MOST_ROWS).map((one) => (
            <tr key={one.key} className="h-7 border-t first:border-t-0">
              <th scope="row" className="num whitespace-nowrap pr-3 font-normal text-sm">
                {unit === "week" ? `${one.from} to ${one.to.slice(5)}` : one.key}
              </th>
              <td className="num pr-3 text-right text-faint">{count(one.n)}</td>
              <td className="pr-3 text-right">
                <Delta value={one.net} as="usd" short />
              </td>
              <td className="w-full min-w-12">
                <div
                  aria-hidden="true"
                  className={`h-2 ${signOf(one.net) === -1 ? "bg-loss" : "bg-gain"}`}
                  style={{ width: `${100 * strengthOf(one.net, largest)}%` }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Older left={periods.length - MOST_ROWS} what={`${unit}s`} />
    </>
  );
}

function Older({ left, what }: { left: number; what: string }) {
  if (left <= 0) return null;
  return (
    <p className="label w-full">
      {count(left)} earlier {what} are in the export of trades
    </p>
  );
}

function largestOf(nets: readonly (string | null)[]): number {
  return Math.max(0, ...nets.map((net) => Math.abs(Number(net ?? 0))));
}

const brief = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 3,
  signDisplay: "exceptZero",
});

/** Where there is room for five characters alone; the whole is in the title. */
function briefly(net: string): string {
  return brief.format(Number(net)).replace("-", "−");
}
