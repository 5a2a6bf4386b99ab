/** So many characters stay in sight where the middle of a name is left out. */
const TAIL = 6;

/** A name in three parts: `key` is always in sight, `rest` gives way first, then `head`. */
export type NameParts = { head: string; key: string; rest: string };

/** The parts of a name of which `shared` last characters say nothing that tells it apart. */
export function nameParts(text: string, shared = 0): NameParts {
  const end = text.length - Math.min(Math.max(shared, 0), Math.max(text.length - TAIL, 0));
  if (JOINED.test(text) || (end <= 2 * TAIL && end === text.length)) {
    return { head: text, key: "", rest: "" };
  }
  const start = boundary(text, end - TAIL);
  const stop = boundary(text, end);
  return { head: text.slice(0, start), key: text.slice(start, stop), rest: text.slice(stop) };
}

/** Letters that are joined, or read from the right: parts of such a name do not make it up. */
const JOINED = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Where the character begins that an index lies in: no emoji is cut into halves. */
function boundary(text: string, index: number): number {
  if (index <= 0) return 0;
  return characters.segment(text).containing(index)?.index ?? text.length;
}

/** For each name that ends like another one: how many last characters they have in common. */
export function sharedEnds(names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  const byEnd = new Map<string, string[]>();
  for (const name of new Set(names)) {
    const end = name.slice(-TAIL);
    byEnd.set(end, [...(byEnd.get(end) ?? []), name]);
  }
  for (const alike of byEnd.values()) {
    for (const name of alike) {
      const others = alike.filter((other) => other !== name);
      if (others.length > 0)
        found.set(name, Math.max(...others.map((one) => commonEnd(one, name))));
    }
  }
  return found;
}

function commonEnd(one: string, other: string): number {
  let length = 0;
  while (
    length < Math.min(one.length, other.length) &&
    one.at(-1 - length) === other.at(-1 - length)
  )
    length += 1;
  return length;
}
