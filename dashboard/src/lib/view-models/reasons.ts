import type { DecisionDetail } from "@/api/types";

type Payload = DecisionDetail["payload"];

/** What the model wrote and thought before it decided; null where nothing is recorded. */
export type Reasons = {
  account: string | null;
  coin: string | null;
  thinking: string | null;
};

/** The reasons in a record; `first` is the record of the answer's first decision, if another. */
export function reasonsOf(payload: Payload, first?: Payload): Reasons {
  return {
    account: textOf(payload, "analysis") ?? textOf(first, "analysis"),
    coin: textOf(payload, "coin_analysis"),
    thinking: textOf(payload, "thinking") ?? textOf(first, "thinking"),
  };
}

/**
 * The decision with which the texts of the whole answer stand; null for that one itself, and
 * since answers are recorded by themselves: then the server gives them with each decision.
 */
export function answerOf(payload: Payload): string | null {
  return typeof payload.answer_index === "number" ? null : textOf(payload, "answer_id");
}

/** Whether there is anything to show. */
export function hasReasons(reasons: Reasons): boolean {
  return Object.values(reasons).some((text) => text !== null);
}

function textOf(payload: Payload | undefined, name: string): string | null {
  const value = payload?.[name];
  return typeof value === "string" && value.trim() !== "" ? value : null;
}
