export type DiffLine = { kind: "same" | "added" | "removed"; text: string };

/** Past so many changed lines the rest is shown as replaced: nobody reads a larger difference. */
const MOST_CHANGES = 1200;

/**
 * The difference of two texts by lines (Myers' shortest edit script), a step at a time, so
 * that whoever runs it can pause between two steps.
 */
export function* diffSteps(
  before: readonly string[],
  after: readonly string[],
): Generator<undefined, DiffLine[]> {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  yield;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const middle = yield* editScript(a, b);
  return [
    ...before.slice(0, head).map(same),
    ...middle,
    ...before.slice(before.length - tail).map(same),
  ];
}

/** The whole difference at once, for texts that are known to be short. */
export function diffNow(before: readonly string[], after: readonly string[]): DiffLine[] {
  const steps = diffSteps(before, after);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function* editScript(a: readonly string[], b: readonly string[]): Generator<undefined, DiffLine[]> {
  if (a.length === 0 || b.length === 0) return replaced(a, b);
  const numbers = new Map<string, number>();
  const left = a.map((line) => numberOf(numbers, line));
  const right = b.map((line) => numberOf(numbers, line));
  yield;
  const most = Math.min(a.length + b.length, MOST_CHANGES);
  const size = 2 * most + 3;
  const middle = most + 1;
  const reach = new Int32Array(size);
  const trail: Int32Array[] = [];
  for (let changes = 0; changes <= most; changes += 1) {
    trail.push(reach.slice(middle - changes - 1, middle + changes + 2));
    for (let k = -changes; k <= changes; k += 2) {
      const x = walk(left, right, startAt(reach, middle, k, changes), k);
      reach[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return backtrack(a, b, trail);
    }
    yield;
  }
  return replaced(a, b);
}

function numberOf(numbers: Map<string, number>, line: string): number {
  const known = numbers.get(line);
  if (known !== undefined) return known;
  numbers.set(line, numbers.size);
  return numbers.size - 1;
}

/** Where a path on diagonal k begins: below the one beside it that got further. */
function startAt(reach: Int32Array, middle: number, k: number, changes: number): number {
  const left = reach[middle + k - 1] ?? 0;
  const right = reach[middle + k + 1] ?? 0;
  return k === -changes || (k !== changes && left < right) ? right : left + 1;
}

function walk(left: number[], right: number[], from: number, k: number): number {
  let x = from;
  while (x < left.length && x - k < right.length && left[x] === right[x - k]) x += 1;
  return x;
}

function backtrack(
  a: readonly string[],
  b: readonly string[],
  trail: readonly Int32Array[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let changes = trail.length - 1; changes >= 0; changes -= 1) {
    const reach = trail[changes] as Int32Array;
    const k = x - y;
    const middle = changes + 1;
    const left = reach[middle + k - 1] ?? 0;
    const right = reach[middle + k + 1] ?? 0;
    const down = k === -changes || (k !== changes && left < right);
    const fromK = down ? k + 1 : k - 1;
    const fromX = changes === 0 ? 0 : down ? right : left;
    const fromY = changes === 0 ? 0 : fromX - fromK;
    const changed = changes === 0 ? 0 : 1;
    while (x > fromX + (down ? 0 : changed) && y > fromY + (down ? changed : 0)) {
      x -= 1;
      y -= 1;
      lines.push(same(a[x] as string));
    }
    if (changes === 0) break;
    if (down) lines.push({ kind: "added", text: b[fromY] as string });
    else lines.push({ kind: "removed", text: a[fromX] as string });
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

function same(text: string): DiffLine {
  return { kind: "same", text };
}

function replaced(a: readonly string[], b: readonly string[]): DiffLine[] {
  return [
    ...a.map((text): DiffLine => ({ kind: "removed", text })),
    ...b.map((text): DiffLine => ({ kind: "added", text })),
  ];
}
