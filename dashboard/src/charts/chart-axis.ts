import { type IChartApiBase, TickMarkType, type Time } from "lightweight-charts";
import { serverNow } from "@/api/clock";
import { clock, day, full, type Zone } from "@/lib/view-models/format-time";

/** Over more days than these in sight, the axis names days and no hours. */
const HOURS_UP_TO = 6;

/** How the axis looks; times and their ticks belong to scales of time alone. */
export function timeScaleOf(zone: Zone, chart: () => IChartApiBase<Time> | null): object {
  return {
    borderVisible: false,
    minBarSpacing: 0.01,
    fixLeftEdge: true,
    timeVisible: true,
    secondsVisible: false,
    tickMarkFormatter: (time: Time, type: TickMarkType) =>
      tickOf(Number(time), type, zone, daysIn(chart())),
  };
}

/** The days in sight; 0 before anything is. */
function daysIn(chart: IChartApiBase<Time> | null): number {
  const seen = chart?.timeScale().getVisibleRange();
  return seen ? (Number(seen.to) - Number(seen.from)) / 86_400 : 0;
}

/** By what turns at a tick: the hour, the day, or the year. */
function tickOf(seconds: number, type: TickMarkType, zone: Zone, days: number): string {
  const time = seconds * 1000;
  if (type >= TickMarkType.Time) return days > HOURS_UP_TO ? "" : clock(time, zone, false);
  return type === TickMarkType.Year ? full(time, zone).slice(0, 4) : day(time, zone, serverNow());
}
