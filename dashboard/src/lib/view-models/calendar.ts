import type { TradeDay } from "@/api/types";
import { add, type Decimal, parseDecimal, toText } from "./decimal";

export type CalendarUnit = "day" | "week" | "month";

/** What the trades of one day, week or month made. `net` null: none ended in it. */
export type Period = { key: string; from: string; to: string; n: number; net: string | null };

/** A month of days in weeks that begin on Monday; null where the week has days of other months. */
export type Month = { key: string; weeks: (Period | null)[][]; net: string; n: number };

const DAY = 86_400_000;

const timeOf = (date: string) => Date.parse(`${date}T00:00:00Z`);
const dateOf = (time: number) => new Date(time).toISOString().slice(0, 10);
/** 0 for Monday, 6 for Sunday. */
const weekdayOf = (date: string) => (new Date(timeOf(date)).getUTCDay() + 6) % 7;

/** The sum of decimal texts; what cannot be read counts as nothing. */
export function sumOf(amounts: readonly (string | null)[]): string {
  const zero: Decimal = { units: 0n, scale: 0 };
  return toText(amounts.reduce((sum, one) => add(sum, parseDecimal(one) ?? zero), zero));
}

/** The periods in which trades ended, newest first. */
export function periodsOf(days: readonly TradeDay[], unit: CalendarUnit): Period[] {
  const found = new Map<string, TradeDay[]>();
  for (const one of days) {
    const key = keyOf(one.day, unit);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found].reverse().map(([key, members]) => ({
    key,
    ...boundsOf(key, unit),
    n: members.reduce((sum, one) => sum + one.n, 0),
    net: sumOf(members.map((one) => one.net)),
  }));
}

/** The months that have a trade, newest first, each with all of its days. */
export function monthsOf(days: readonly TradeDay[]): Month[] {
  const byDay = new Map(days.map((one) => [one.day, one]));
  return periodsOf(days, "month").map(({ key, from, to, n, net }) => {
    const weeks: (Period | null)[][] = [];
    for (let time = timeOf(from); time <= timeOf(to); time += DAY) {
      const date = dateOf(time);
      const weekday = weekdayOf(date);
      if (weeks.length === 0 || weekday === 0) weeks.push(Array(7).fill(null));
      const week = weeks.at(-1);
      const found = byDay.get(date);
      const period = { key: date, from: date, to: date, n: found?.n ?? 0, net: found?.net ?? null };
      if (week) week[weekday] = period;
    }
    return { key, weeks, net: net ?? "0", n };
  });
}

/** How strong a period's colour is, from 0 to 1: its share of the largest one. */
export function strengthOf(net: string | null, largest: number): number {
  const size = Math.abs(Number(net ?? 0));
  if (!(size > 0) || !(largest > 0)) return 0;
  return Math.max(0.15, Math.min(1, size / largest));
}

function keyOf(date: string, unit: CalendarUnit): string {
  if (unit === "day") return date;
  if (unit === "month") return date.slice(0, 7);
  return dateOf(timeOf(date) - weekdayOf(date) * DAY);
}

function boundsOf(key: string, unit: CalendarUnit): { from: string; to: string } {
  if (unit === "day") return { from: key, to: key };
  if (unit === "week") return { from: key, to: dateOf(timeOf(key) + 6 * DAY) };
  const [year = 1970, month = 1] = key.split("-").map(Number);
  return { from: `${key}-01`, to: dateOf(Date.UTC(year, month, 0)) };
}
