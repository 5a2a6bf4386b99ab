/** How many hues the colour-blind-safe set has; they are --hue-0 … in globals.css. */
export const HUES = 8;

/** FNV-1a over the id: the place that a bot would like. Grey, the last one, nobody likes. */
function wish(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % (HUES - 1);
}

/**
 * Gives each bot its hue. Remembered ones stay; the others take, in order of id, the place
 * they hash to or the next free one, so a set of bots has the same hues everywhere.
 */
export function assignHues(
  ids: readonly string[],
  remembered: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const hues: Record<string, number> = {};
  const taken = new Map<number, number>();
  const take = (id: string, hue: number) => {
    hues[id] = hue;
    taken.set(hue, (taken.get(hue) ?? 0) + 1);
  };
  const sorted = [...new Set(ids)].sort();
  for (const id of sorted) {
    const kept = remembered[id];
    if (kept !== undefined && kept >= 0 && kept < HUES) take(id, kept);
  }
  for (const id of sorted) {
    if (hues[id] !== undefined) continue;
    const fewest = Math.min(...Array.from({ length: HUES }, (_, hue) => taken.get(hue) ?? 0));
    let hue = wish(id);
    while ((taken.get(hue) ?? 0) > fewest) hue = (hue + 1) % HUES;
    take(id, hue);
  }
  return hues;
}

/** The CSS colour of a hue. */
export function hueColor(hue: number | undefined): string {
  return hue === undefined ? "var(--muted)" : `var(--hue-${hue})`;
}
