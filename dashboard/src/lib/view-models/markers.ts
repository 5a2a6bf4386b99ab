import type { DecisionRow } from "@/api/types";
import type { Place } from "./equity";

/** A decision on the equity line. Rejected ones are hollow; what was only held has none. */
export type Marker = {
  id: string;
  time: number;
  signal: DecisionRow["signal"];
  rejected: boolean;
  /** How many decisions it stands for; one, when left out. */
  count?: number;
};

/** More marks than these cover the line and one another. */
const MOST = 40;
/** A buy, a sell, a close and what was refused may each have a mark in every part of the line. */
const PARTS = MOST / 4;

/** Marks of the same kind within a part of the line as one, once there are too many. */
export function clustered(markers: readonly Marker[]): Marker[] {
  const [first, last] = [markers[0], markers.at(-1)];
  if (!first || !last || markers.length <= MOST) return [...markers];
  const width = Math.max(1, (last.time - first.time) / PARTS);
  const groups = new Map<string, Marker>();
  for (const one of markers) {
    const part = Math.min(PARTS - 1, Math.floor((one.time - first.time) / width));
    const key = `${part} ${one.signal} ${one.rejected}`;
    // The newest of them stands for all.
    groups.set(key, { ...one, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()].sort((a, b) => a.time - b.time);
}

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
