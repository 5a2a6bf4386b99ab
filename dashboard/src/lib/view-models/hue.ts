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

/** Beyond the eighth bot a hue comes again, with the next of these dashes. */
export const DASHES = 4;

/**
 * Gives each bot its look: a hue (look % HUES) and a dash (look ÷ HUES). Remembered looks stay
 * unless another bot has the same; the others take, in order of id, the hue they hash to or the
 * next one that fewer have, so a set of bots looks the same everywhere.
 */
export function assignHues(
  ids: readonly string[],
  remembered: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const looks: Record<string, number> = {};
  const taken = new Set<number>();
  const inHue = (hue: number) =>
    Array.from({ length: DASHES }, (_, dash) => hue + HUES * dash).filter((one) => taken.has(one))
      .length;
  const take = (id: string, hue: number, wanted = 0) => {
    const dashes = [wanted, ...Array.from({ length: DASHES }, (_, dash) => dash)];
    const look = dashes.map((dash) => hue + HUES * dash).find((one) => !taken.has(one));
    looks[id] = look ?? hue + HUES * wanted;
    taken.add(looks[id]);
  };
  const sorted = [...new Set(ids)].sort();
  for (const id of sorted) {
    const kept = remembered[id];
    if (kept !== undefined && kept >= 0 && kept < HUES * DASHES) {
      take(id, kept % HUES, Math.floor(kept / HUES));
    }
  }
  for (const id of sorted) {
    if (looks[id] !== undefined) continue;
    const fewest = Math.min(...Array.from({ length: HUES }, (_, hue) => inHue(hue)));
    let hue = wish(id);
    while (inHue(hue) > fewest) hue = (hue + 1) % HUES;
    take(id, hue);
  }
  return looks;
}

/** The CSS colour of a look. */
export function hueColor(look: number | undefined): string {
  return look === undefined ? "var(--muted)" : `var(--hue-${look % HUES})`;
}

/** Which dash a look has: 0 is the solid line. */
export function dashOf(look: number | undefined): number {
  return Math.floor((look ?? 0) / HUES) % DASHES;
}
