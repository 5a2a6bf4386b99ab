"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { BACK_RESTORES } from "./use-view";

export const DECISION_VIEWS = ["formatted", "raw", "json", "diff"] as const;

/** How a decision is looked at; it stays so from one decision to the next. */
export function useDecisionView() {
  const view = parseAsStringLiteral(DECISION_VIEWS).withDefault("formatted");
  return useQueryState("view", view.withOptions(BACK_RESTORES));
}
