import { describe, expect, it } from "vitest";
import type { Outcome, Signal } from "@/api/types";
import { isBlank, movesOf, touchedText } from "./outcome";

const START = "2026-01-01T12:00:00Z";
const NOW = Date.parse("2026-01-01T14:30:00Z");

const outcome = (moves: (number | null)[], change: Partial<Outcome> = {}): Outcome => ({
  decision_id: "d1",
  mark: "100",
  horizons: moves.map((move, at) => ({ seconds: 3600 * (at + 1), move })),
  stop_touched: null,
  target_touched: null,
  watched_until: null,
  position: null,
  ...change,
});

describe("what happened next", () => {
  it("tells a move for the decision from one against it", () => {
    const ways = (signal: Signal) =>
      movesOf(outcome([0.009, -0.002, 0]), { signal, time: START }, NOW).map((move) => move.way);
    expect(ways("buy_to_enter")).toEqual(["for", "against", null]);
    expect(ways("sell_to_enter")).toEqual(["against", "for", null]);
    expect(ways("hold")).toEqual([null, null, null]);
  });

  it("tells what is still to come from what nobody recorded", () => {
    const moves = movesOf(outcome([0.009, null, null]), { signal: "hold", time: START }, NOW);
    expect(moves.map((move) => move.text)).toEqual(["+0.90\u202f%", "—", "not yet"]);
    expect(touchedText(null)).toBe("—");
    expect(touchedText(false)).toBe("untouched");
  });

  it("knows when there is nothing to tell at all", () => {
    expect(isBlank(outcome([null, null]))).toBe(true);
    expect(isBlank(outcome([0, null]))).toBe(false);
    expect(isBlank(outcome([null], { stop_touched: false }))).toBe(false);
  });
});
