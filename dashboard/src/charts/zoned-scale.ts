import { defaultHorzScaleBehavior, type IHorzScaleBehavior, type Time } from "lightweight-charts";
import type { Zone } from "@/lib/view-models/format-time";
import { tickRanks } from "@/lib/view-models/ticks";

type Points = Parameters<IHorzScaleBehavior<Time>["fillWeightsForPoints"]>[0];

/** The library's own time scale counts in UTC; this one has its ticks where the zone's clocks turn. */
export function createZonedScale(zone: Zone): IHorzScaleBehavior<Time> {
  const TimeScale = defaultHorzScaleBehavior();
  class ZonedScale extends TimeScale {
    override fillWeightsForPoints(points: Points, start: number): void {
      // One before, whose own rank stays: the first new tick is ranked by what precedes it.
      const from = Math.max(0, start - 1);
      const times = points.slice(from).map((point) => Number(point.originalTime));
      const ranks = tickRanks(times, zone);
      for (let index = start; index < points.length; index += 1) {
        const point = points[index];
        const rank = ranks[index - from];
        if (point && rank !== undefined) point.timeWeight = rank as typeof point.timeWeight;
      }
    }
  }
  return new ZonedScale();
}
