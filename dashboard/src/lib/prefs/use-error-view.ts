"use client";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { ERROR_KINDS, SINCE } from "@/lib/view-models/error-groups";
import { BACK_RESTORES } from "./use-view";

/** What the address says about the errors to show. */
export function useErrorView() {
  return useQueryStates(
    {
      kind: parseAsStringLiteral(ERROR_KINDS),
      bot: parseAsString,
      since: parseAsStringLiteral(SINCE).withDefault("1w"),
      open: parseAsString,
    },
    BACK_RESTORES,
  );
}
