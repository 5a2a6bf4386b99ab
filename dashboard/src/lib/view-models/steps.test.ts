import { describe, expect, it } from "vitest";
import type { DecisionDetail, Outcome } from "@/api/types";
import { decisionRow } from "./fixtures";
import { positionRow } from "./fixtures-detail";
import { stepsOf } from "./steps";

const detail = (change: Partial<DecisionDetail> = {}): DecisionDetail => ({
  ...decisionRow(),
  texts: {},
  payload: {},
  ...change,
});

const outcome = (position: Outcome["position"]): Outcome => ({
  decision_id: "d1",
  mark: "100",
  horizons: [],
  stop_touched: null,
  target_touched: null,
  watched_until: null,
  position,
});

const stepOf = (key: string, ...given: Parameters<typeof stepsOf>) =>
  stepsOf(...given).find((step) => step.key === key);

describe("the chain", () => {
  it("has its eight steps in order", () => {
    expect(
      stepsOf(detail())
        .map((step) => step.key)
        .join(" "),
    ).toBe("trigger prompt model parsed guard order fill outcome");
  });

  it("marks an answer that could not be read, with its error", () => {
    expect(stepOf("parsed", detail({ error: "no JSON" }))).toMatchObject({
      word: "failed",
      detail: "no JSON",
      state: "bad",
    });
  });

  it("counts both prompts together and tells how long the model took", () => {
    const thinking = detail({
      texts: { system_prompt: 600, user_prompt: 1500 },
      latency_ms: 4100,
      model: "m",
      tokens_in: 2511,
    });
    expect(stepOf("prompt", thinking)).toMatchObject({
      word: "2.1k chars",
      detail: "2,511 tokens in",
    });
    expect(stepOf("model", thinking)).toMatchObject({ word: "m", took: 4100 });
    // Stamped when it was read, so it began 4.1 s before, about.
    expect(stepOf("trigger", thinking)).toMatchObject({
      at: "2026-01-01T11:59:55.900Z",
      about: true,
    });
    expect(stepOf("trigger", detail())).toMatchObject({ at: "2026-01-01T12:00:00Z" });
  });

  it("times the order by its own latency, else by what lies between decision and fill", () => {
    const sent = { time: "2026-01-01T12:00:00.200Z", status: "executed", cloid: "0xabc" } as const;
    expect(stepOf("order", detail({ execution: sent }))?.took).toBe(200);
    expect(stepOf("order", detail({ execution: { ...sent, latency_ms: 80 } }))?.took).toBe(80);
    expect(stepOf("order", detail())).toMatchObject({ word: "none", state: "faint" });
  });

  it("ends with what the position made, and leads to it", () => {
    const closed = positionRow({
      status: "closed",
      exit_time: "2026-01-01T13:00:00Z",
      realized_pnl: "-3.5",
      reason: "stop",
    });
    expect(stepOf("outcome", detail(), outcome(closed))).toMatchObject({
      word: "−$3.50",
      detail: "stop",
      state: "bad",
      took: 3600_000,
      href: "/llm-bot/trade?id=p1&bot=bot-a",
    });
    const open = positionRow({ unrealized_pnl: "1.25" });
    expect(stepOf("outcome", detail(), outcome(open))).toMatchObject({
      word: "open",
      detail: "+$1.25 now",
    });
  });

  it("tells of a closing decision what the trade made that it ended", () => {
    const ended = positionRow({ status: "closed", realized_pnl: "2", exit_time: null });
    expect(stepOf("outcome", detail({ signal: "close" }), outcome(null), ended)).toMatchObject({
      word: "+$2.00",
      state: "good",
      took: null,
    });
  });

  it("claims no position where none is known", () => {
    expect(stepOf("outcome", detail(), outcome(null))?.word).toBe("no position");
  });
});
