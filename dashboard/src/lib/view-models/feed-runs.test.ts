import { describe, expect, it } from "vitest";
import type { DecisionRow } from "@/api/types";
import {
  arrivedAbove,
  blockOf,
  type Entry,
  entriesOf,
  entryHeight,
  newestCycle,
  placeOf,
  RUN_HEIGHT,
  shift,
} from "./feed-runs";
import { decisionRow } from "./fixtures";

const START = Date.parse("2026-01-01T12:59:30Z");

/** A row so many minutes before the start. */
function row(id: string, minute: number, change: Partial<DecisionRow> = {}): DecisionRow {
  const time = new Date(START - minute * 60_000).toISOString();
  return decisionRow({ id, signal: "hold", time, ...change });
}
const buy = (id: string, minute: number) => row(id, minute, { signal: "buy_to_enter" });
const holds = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => row(`h${from + at}`, from + at));

const never = { block: 3_600_000, isWhole: () => false, isOpen: () => false };
const told = (entries: readonly Entry[]) =>
  entries.map((entry) => (entry.kind === "run" ? entry.rows.length : entry.row.id));

describe("runs of holds", () => {
  it("are one line between what was done, and two holds are none", () => {
    const rows = [row("a", 0), row("b", 1), buy("c", 2), ...holds(5, 3), buy("d", 9)];
    const entries = entriesOf(rows, never);
    expect(told(entries)).toEqual(["a", "b", "c", 5, "d"]);
    expect(entries.map((entry) => entry.at)).toEqual([0, 1, 2, 3, 8]);
  });

  it("never hide a refusal or a fault", () => {
    const refused = row("r", 2, { verdict: { allowed: false } });
    const failed = row("f", 3, { error: "no JSON" });
    const rows = [...holds(2), refused, failed, ...holds(3, 4)];
    expect(told(entriesOf(rows, never))).toEqual(["h0", "h1", "r", "f", 3]);
  });

  it("show their rows while they are open", () => {
    const open = { ...never, isOpen: (one: DecisionRow) => one.id === "h1" };
    expect(told(entriesOf([...holds(3), buy("c", 4)], open))).toEqual([3, "h0", "h1", "h2", "c"]);
  });

  it("end with the hour, at the same rows wherever the list begins and ends", () => {
    const rows = holds(1000);
    const ends = (entries: readonly Entry[]) =>
      entries.flatMap((entry) => (entry.kind === "run" ? [entry.rows.at(-1)?.id] : []));
    const whole = ends(entriesOf(rows, never));
    expect(whole).toHaveLength(17);
    const part = ends(entriesOf(rows.slice(137), never));
    expect(part).toEqual(whole.slice(-part.length));
    const earlier = ends(entriesOf(rows.slice(0, 500), never)).slice(0, -1);
    expect(earlier).toEqual(whole.slice(0, earlier.length));
  });

  it("are as long as the pace of the decisions allows, a quarter of an hour at least", () => {
    expect(blockOf(holds(100))).toBe(3_600_000);
    expect(blockOf([row("a", 0), row("b", 0), row("c", 1)])).toBe(900_000);
    expect(blockOf([row("a", 0), row("b", 1440), row("c", 2880)])).toBe(86_400_000);
    expect(blockOf([])).toBe(900_000);
  });

  it("leave the newest cycle as it is", () => {
    const cycle = ["a", "b", "c"].map((id) => row(id, 0));
    const rows = [...cycle, ...holds(4, 3)];
    const whole = newestCycle(rows);
    const isWhole = (one: DecisionRow) => whole.has(`${one.bot_id}/${one.id}`);
    expect(told(entriesOf(rows, { ...never, isWhole }))).toEqual(["a", "b", "c", 4]);
    expect(newestCycle([]).size).toBe(0);
  });
});

describe("a list that changes above what is in sight", () => {
  const old = [buy("a", 5), ...holds(4, 6), buy("z", 11)];

  it("moves it by exactly what came in", () => {
    const before = entriesOf(old, never);
    const after = entriesOf([buy("n", 0), ...old], never);
    const [first] = after;
    expect(shift(before, after, 10)).toBe(first ? entryHeight(first) : 0);
    expect(arrivedAbove(old, [buy("n", 0), ...old]).map((one) => one.id)).toEqual(["n"]);
  });

  it("moves it by what was folded away, also where the row in sight went into a run", () => {
    const whole = entriesOf(old, { ...never, isWhole: () => true });
    const folded = entriesOf(old, never);
    const [a] = whole;
    const tall = a ? entryHeight(a) : 0;
    const hold = entryHeight(whole[1] as Entry);
    expect(shift(whole, folded, tall + 4 * hold + 1)).toBe(RUN_HEIGHT - 4 * hold);
    expect(shift(whole, folded, tall + 1)).toBe(0);
    expect(placeOf(folded, (one) => one.id === "h8")).toBe(1);
  });

  it("does not move it for what comes below", () => {
    const before = entriesOf(old, never);
    expect(shift(before, entriesOf([...old, ...holds(9, 20)], never), 10)).toBe(0);
  });
});
