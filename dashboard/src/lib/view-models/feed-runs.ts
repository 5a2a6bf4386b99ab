import type { DecisionRow } from "@/api/types";
import { isQuiet, rowHeight } from "./feed-row";
import { rowKey } from "./merge";

/**
 * What a feed shows: a decision, or one line for a run of decisions to do nothing. `at` is the
 * place of the (first) decision among all of them.
 */
export type Entry =
  | { kind: "row"; key: string; at: number; row: DecisionRow; folds: boolean }
  | { kind: "run"; key: string; at: number; rows: readonly DecisionRow[]; open: boolean };

export type Folding = {
  /** Runs end with this part of the day, in milliseconds. */
  block: number;
  /** Holds that are shown one by one, though they are quiet. */
  isWhole: (row: DecisionRow) => boolean;
  /** Runs that are unfolded: those with such a row. */
  isOpen: (row: DecisionRow) => boolean;
};

/** Fewer holds than these are no flood. */
const FEWEST = 3;
/** Runs end by the clock, wherever a list begins or ends: with one of these, in milliseconds. */
const BLOCKS = [900_000, 3_600_000, 14_400_000, 86_400_000] as const;
/** So many holds make a run at most, about, when all that is decided is to hold. */
const ABOUT = 60;
/** Decisions by which the pace is judged. */
const SAMPLE = 100;
/** Decisions of one cycle lie no further apart, in milliseconds. */
const CYCLE = 30_000;
/** The newest cycle is shown whole up to so many decisions. */
const NEWEST = 24;

export const RUN_HEIGHT = 30;

/** Folds runs of holds. What was refused, went wrong or does something is never folded. */
export function entriesOf(rows: readonly DecisionRow[], folding: Folding): Entry[] {
  const entries: Entry[] = [];
  let run: DecisionRow[] = [];
  let at = 0;
  const end = () => {
    entries.push(...fold(run, at, folding));
    at += run.length;
    run = [];
  };
  for (const row of rows) {
    if (!isQuiet(row) || folding.isWhole(row)) {
      end();
      entries.push(entryOf(row, at, false));
      at += 1;
      continue;
    }
    // By the clock: what arrives above or is read below never moves the cut.
    const last = run.at(-1);
    if (last && partOf(last, folding.block) !== partOf(row, folding.block)) end();
    run.push(row);
  }
  end();
  return entries;
}

function fold(run: readonly DecisionRow[], at: number, { isOpen }: Folding): Entry[] {
  const oldest = run.at(-1);
  const rows = (folds: boolean) => run.map((row, index) => entryOf(row, at + index, folds));
  if (!oldest || run.length < FEWEST) return rows(false);
  const open = run.some(isOpen);
  const head: Entry = { kind: "run", key: `run ${rowKey(oldest)}`, at, rows: run, open };
  return open ? [head, ...rows(true)] : [head];
}

function entryOf(row: DecisionRow, at: number, folds: boolean): Entry {
  return { kind: "row", key: rowKey(row), at, row, folds };
}

function partOf(row: DecisionRow, block: number): number {
  return Math.floor(Date.parse(row.time) / block);
}

/** The part of the day that a run may span, by how fast these decisions came, newest first. */
export function blockOf(rows: readonly DecisionRow[]): number {
  const [newest, oldest] = [rows[0], rows[Math.min(SAMPLE, rows.length) - 1]];
  if (!newest || !oldest || newest === oldest) return BLOCKS[0];
  const pace =
    (Date.parse(newest.time) - Date.parse(oldest.time)) / (Math.min(SAMPLE, rows.length) - 1);
  return BLOCKS.findLast((block) => block <= ABOUT * pace) ?? BLOCKS[0];
}

/** The decisions of the newest cycle, which are shown one by one: what was decided last. */
export function newestCycle(rows: readonly DecisionRow[]): Set<string> {
  const newest = rows[0];
  const from = newest ? Date.parse(newest.time) - CYCLE : 0;
  const whole = rows.slice(0, NEWEST).filter((row) => Date.parse(row.time) > from);
  return new Set(whole.map(rowKey));
}

/** The height of an entry in pixels. */
export function entryHeight(entry: Entry): number {
  return entry.kind === "run" ? RUN_HEIGHT : rowHeight(entry.row);
}

/** Where an entry or the run that holds a row stands; -1 when nowhere. */
export function placeOf(entries: readonly Entry[], is: (row: DecisionRow) => boolean): number {
  const shown = entries.findIndex((entry) => entry.kind === "row" && is(entry.row));
  if (shown !== -1) return shown;
  return entries.findIndex((entry) => entry.kind === "run" && entry.rows.some(is));
}

/** How far what is in sight moved, in pixels, from one list to the next. */
export function shift(before: readonly Entry[], after: readonly Entry[], scrolled: number): number {
  let top = 0;
  const old = before.find((entry) => {
    top += entryHeight(entry);
    return top > scrolled;
  });
  if (!old) return 0;
  top -= entryHeight(old);
  const row = old.kind === "row" ? old.row : old.rows.at(-1);
  const own = after.findIndex((entry) => entry.key === old.key);
  const at = own !== -1 || !row ? own : placeOf(after, (one) => rowKey(one) === rowKey(row));
  if (at === -1) return 0;
  return after.slice(0, at).reduce((sum, entry) => sum + entryHeight(entry), 0) - top;
}

/** How many rows of a list came in above the one that was its first. */
export function arrivedAbove(
  before: readonly DecisionRow[],
  after: readonly DecisionRow[],
): DecisionRow[] {
  const first = before[0];
  if (!first) return [];
  const known = new Set(before.map(rowKey));
  const end = after.findIndex((row) => rowKey(row) === rowKey(first));
  return after.slice(0, Math.max(0, end)).filter((row) => !known.has(rowKey(row)));
}

/** A run in figures: how many, by whom, in which coins. */
export function runFacts(rows: readonly DecisionRow[]) {
  return {
    bots: [...new Map(rows.map((row) => [row.bot_id, row])).values()],
    coins: [...new Set(rows.map((row) => row.coin))],
    newest: rows[0] as DecisionRow,
    oldest: rows.at(-1) as DecisionRow,
  };
}
