import type { DecisionRow } from "@/api/types";
import type { Place } from "./equity";

/** A decision on the equity line. Rejected ones are hollow; what was only held has none. */
export type Marker = {
  id: string;
  time: number;
  signal: DecisionRow["signal"];
  rejected: boolean;
};

/** Where decisions stand on a line: at the last place that has a value by then. */
export function markersOf(
  decisions: readonly DecisionRow[],
  places: readonly Place[],
  bucketSeconds: number,
): Marker[] {
  const known = places.filter((place) => place.value !== undefined);
  const first = known[0]?.time ?? Number.POSITIVE_INFINITY;
  return decisions
    .flatMap((row): Marker[] => {
      const at = Math.floor(Date.parse(row.time) / 1000);
      if (at < first) return [];
      const place = lastUpTo(known, at);
      // Beyond the line's end there is nothing to stand on.
      if (!place || at - place.time > 6 * bucketSeconds + 3600) return [];
      const rejected = row.verdict?.allowed === false || row.execution?.status === "rejected";
      return [{ id: row.id, time: place.time, signal: row.signal, rejected }];
    })
    .sort((a, b) => a.time - b.time);
}

function lastUpTo(places: readonly Place[], time: number): Place | null {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.time ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return places[low - 1] ?? null;
}
