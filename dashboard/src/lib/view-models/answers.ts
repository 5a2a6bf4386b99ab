import type { DecisionRow, EventRow } from "@/api/types";

/** One answer of a model, as the page shows it; null where nothing is recorded. */
export type Answer = {
  id: string;
  time: string;
  trigger: string | null;
  model: string | null;
  analysis: string | null;
  thinking: string | null;
  error: string | null;
  tokensIn: number | null;
  tokensOut: number | null;
  tokensCached: number | null;
  cost: string | null;
  latency: number | null;
  /** Characters of the texts that are fetched apart. */
  texts: Record<string, number>;
  decisions: DecisionRow[];
};

/** Answers, newest first, each with the decisions that were made of it. */
export function answersOf(
  events: readonly EventRow[],
  decisions: readonly DecisionRow[],
): Answer[] {
  const answers = events.map(answerOf);
  const times = answers.map((one) => Date.parse(one.time));
  for (const row of decisions) {
    const at = Date.parse(row.time);
    // A decision is of the newest answer that was there when it was made.
    const index = times.findIndex((time) => time <= at);
    const isNext = index === 0 || (index > 0 && (times[index - 1] ?? 0) > at);
    if (isNext) answers[index]?.decisions.push(row);
  }
  return answers;
}

function answerOf(event: EventRow): Answer {
  const { payload } = event;
  return {
    id: event.id,
    time: event.time,
    trigger: text(payload.trigger),
    model: text(payload.model) ?? text(payload.model_asked) ?? text(payload.decider),
    analysis: text(payload.analysis),
    thinking: text(payload.thinking),
    error: text(payload.error),
    tokensIn: whole(payload.tokens_in),
    tokensOut: whole(payload.tokens_out),
    tokensCached: whole(payload.tokens_cached),
    cost:
      text(payload.cost_usd) ??
      (typeof payload.cost_usd === "number" ? String(payload.cost_usd) : null),
    latency: whole(payload.latency_ms),
    texts: event.texts,
    decisions: [],
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function whole(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
