import { offsetSeconds, type Zone } from "./format-time";

/** The chart library's ranks of a tick: the higher, the sooner it is shown. */
const YEAR = 70;
const MONTH = 60;
const DAY = 50;
const WITHIN_DAY: readonly [seconds: number, rank: number][] = [
  [12 * 3600, 33],
  [6 * 3600, 32],
  [3 * 3600, 31],
  [3600, 30],
  [1800, 22],
  [300, 21],
  [60, 20],
];
const SECOND = 10;

/** Every 32nd day ranks highest, then every 16th …: the days that are shown stand evenly. */
function evenness(epochDay: number): number {
  return [2, 4, 8, 16, 32].filter((days) => epochDay % days === 0).length;
}

/** What turns between two instants by the clocks of a zone: a year, a day, an hour. */
export function tickRank(time: number, before: number, zone: Zone): number {
  const now = time + offsetSeconds(time, zone);
  const then = before + offsetSeconds(before, zone);
  const a = new Date(now * 1000);
  const b = new Date(then * 1000);
  if (a.getUTCFullYear() !== b.getUTCFullYear()) return YEAR;
  if (a.getUTCMonth() !== b.getUTCMonth()) return MONTH;
  if (a.getUTCDate() !== b.getUTCDate()) return DAY + evenness(Math.floor(now / 86_400));
  for (const [seconds, rank] of WITHIN_DAY) {
    if (Math.floor(now / seconds) !== Math.floor(then / seconds)) return rank;
  }
  return SECOND;
}

/** Ranks of all instants, in seconds; the first is taken to follow at the usual distance. */
export function tickRanks(times: readonly number[], zone: Zone): number[] {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return [];
  const usual = times.length > 1 ? Math.ceil((last - first) / (times.length - 1)) : 0;
  return times.map((time, index) => tickRank(time, times[index - 1] ?? first - usual, zone));
}
