import type { Line } from "./equity";

export type EquityRow = { time: number; cells: Record<string, string> };

/** Rows that a table of a curve shows at most. */
export const TABLE_ROWS = 60;

/** The curves as a table, newest first: evenly spaced instants at which anything is known. */
export function equityRows(
  lines: readonly Line[],
  limit = TABLE_ROWS,
): { rows: EquityRow[]; of: number } {
  const known = new Map<number, Record<string, string>>();
  for (const line of lines) {
    for (const { time, exact } of line.places) {
      if (exact === undefined) continue;
      const cells = known.get(time) ?? {};
      cells[line.botId] = exact;
      known.set(time, cells);
    }
  }
  const times = [...known.keys()].sort((a, b) => b - a);
  const step = Math.max(1, Math.ceil(times.length / limit));
  const shown = times.filter((_, index) => index % step === 0);
  return {
    rows: shown.map((time) => ({ time, cells: known.get(time) ?? {} })),
    of: times.length,
  };
}
