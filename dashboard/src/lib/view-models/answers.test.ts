import { describe, expect, it } from "vitest";
import type { EventRow } from "@/api/types";
import { answersOf } from "./answers";
import { decisionRow } from "./fixtures";

const event = (id: string, time: string, payload: EventRow["payload"] = {}): EventRow => ({
  id,
  cursor: id,
  bot_id: "a",
  bot_name: null,
  mode: "paper",
  kind: "answer",
  time,
  recorded_at: time,
  received_at: time,
  texts: {},
  payload,
});

const NEW = "2026-01-01T00:10:00Z";
const OLD = "2026-01-01T00:05:00Z";

describe("answers of a model", () => {
  it("gives each decision to the answer that it was made of", () => {
    const rows = [
      decisionRow({ id: "1", time: "2026-01-01T00:10:02Z" }),
      decisionRow({ id: "2", time: NEW }),
      decisionRow({ id: "3", time: "2026-01-01T00:09:59Z" }),
      decisionRow({ id: "4", time: "2026-01-01T00:01:00Z" }),
    ];
    const [second, first] = answersOf([event("new", NEW), event("old", OLD)], rows);
    expect(second?.decisions.map((row) => row.id)).toEqual(["1", "2"]);
    expect(first?.decisions.map((row) => row.id)).toEqual(["3"]);
  });

  it("shows only what is there, whatever a record holds", () => {
    const [odd] = answersOf([event("a", NEW, { analysis: 7, tokens_in: "x", cost_usd: 0.5 })], []);
    expect([odd?.analysis, odd?.tokensIn, odd?.cost]).toEqual([null, null, "0.5"]);
  });
});
