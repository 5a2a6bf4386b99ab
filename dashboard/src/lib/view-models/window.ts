/** A stretch of time, in seconds since 1970. */
export type Window = { from: number; to: number };

/** As the address has it: 1767268800-1767272400. */
export function windowText({ from, to }: Window): string {
  return `${from}-${to}`;
}

/** What the address says; null when it is no stretch of time. */
export function readWindow(text: string): Window | null {
  const found = /^(\d{1,12})-(\d{1,12})$/.exec(text);
  const window = { from: Number(found?.[1]), to: Number(found?.[2]) };
  return found && window.to > window.from ? window : null;
}

/** Where an instant stands on an axis that counts by index, between its places too. */
export function indexAt(axis: readonly number[], time: number): number | null {
  const edges = edgesOf(axis, (at) => axis[at] ?? 0, time);
  if (!edges) return null;
  const [at, left, right] = edges;
  return at + (time - left) / (right - left);
}

/** The instant at an index, beyond the ends of the axis too. */
export function timeAt(axis: readonly number[], index: number): number | null {
  const edges = edgesOf(axis, (at) => at, index);
  if (!edges) return null;
  const [at, left, right] = edges;
  const [start, end] = [axis[at] ?? 0, axis[at + 1] ?? 0];
  return start + ((index - left) / (right - left)) * (end - start);
}

/** The place before a value, and the values of it and of the next; the outer ones reach on. */
function edgesOf(
  axis: readonly number[],
  placed: (at: number) => number,
  value: number,
): [at: number, left: number, right: number] | null {
  if (axis.length < 2) return null;
  let low = 0;
  let high = axis.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (placed(middle) <= value) low = middle;
    else high = middle - 1;
  }
  return [low, placed(low), placed(low + 1)];
}
