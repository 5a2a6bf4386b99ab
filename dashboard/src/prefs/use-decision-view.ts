"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";

export const DECISION_VIEWS = ["formatted", "raw", "json", "diff"] as const;

/** How a decision is looked at; it stays so from one decision to the next. */
export function useDecisionView() {
  return useQueryState("view", parseAsStringLiteral(DECISION_VIEWS).withDefault("formatted"));
}
