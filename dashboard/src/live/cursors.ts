const PLAIN = /^([0-9a-f]{1,32})-([0-9]{1,18})$/;

/**
 * Which of two cursors of the stream comes first: below 0 the left one, 0 they are the same.
 * Null where that cannot be seen: who may see one bot alone has sealed ones.
 */
export function compareCursors(left: string, right: string): number | null {
  if (left === right) return 0;
  const [a, b] = [PLAIN.exec(left), PLAIN.exec(right)];
  if (!a?.[2] || !b?.[2] || a[1] !== b[1]) return null;
  const [one, other] = [BigInt(a[2]), BigInt(b[2])];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Whether the page can compare this cursor with others of its store. */
export function isComparable(cursor: string): boolean {
  return PLAIN.test(cursor);
}
