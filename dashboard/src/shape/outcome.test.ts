import { describe, expect, it } from "vitest";
import type { Outcome } from "@/api/types";
import { isBlank, movesOf, touchedText } from "./outcome";

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
    const ways = (signal: Parameters<typeof movesOf>[1]) =>
      movesOf(outcome([0.009, -0.002, 0]), signal).map((move) => move.way);
    expect(ways("buy_to_enter")).toEqual(["for", "against", null]);
    expect(ways("sell_to_enter")).toEqual(["against", "for", null]);
    expect(ways("hold")).toEqual([null, null, null]);
  });

  it("leaves what is still to come unknown", () => {
    expect(movesOf(outcome([0.009, null]), "hold").map((move) => move.text)).toEqual([
      "+0.90\u202f%",
      "—",
    ]);
    expect(touchedText(null)).toBe("—");
    expect(touchedText(false)).toBe("untouched");
  });

  it("knows when there is nothing to tell at all", () => {
    expect(isBlank(outcome([null, null]))).toBe(true);
    expect(isBlank(outcome([0, null]))).toBe(false);
    expect(isBlank(outcome([null], { stop_touched: false }))).toBe(false);
  });
});
