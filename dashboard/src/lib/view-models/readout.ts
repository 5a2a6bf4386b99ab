import { compare, parseDecimal } from "./decimal";
import { endIn, type Line } from "./equity";

/** A line's figure at an instant. */
export type Reading = { line: Line; exact: string; over: boolean };

/**
 * The figures of the lines at an index of their places, highest first. Between two reports a
 * line has the value of the last one; after its end (`over`) too; before its beginning, none.
 */
export function readingsAt(lines: readonly Line[], index: number): Reading[] {
  return byFigure(
    lines.flatMap((line): Reading[] => {
      const exact = endIn(line, index);
      return exact === null ? [] : [{ line, exact, over: index > lastKnown(line) }];
    }),
  );
}

/** Highest figure first. */
export function byFigure<T extends { exact: string }>(readings: readonly T[]): T[] {
  return [...readings].sort((a, b) => {
    const [left, right] = [parseDecimal(a.exact), parseDecimal(b.exact)];
    return left && right ? compare(right, left) : 0;
  });
}

function lastKnown(line: Line): number {
  return line.places.findLastIndex((place) => place.value !== undefined);
}
