"use client";
import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { BACK_RESTORES, RANGES } from "./use-view";

export const SETTINGS_SHOWN = ["differing", "all"] as const;

/** What the address says about the comparison. */
export function useCompareView() {
  return useQueryStates(
    {
      ids: parseAsArrayOf(parseAsString).withDefault([]),
      range: parseAsStringLiteral(RANGES).withDefault("all"),
      settings: parseAsStringLiteral(SETTINGS_SHOWN).withDefault("differing"),
    },
    BACK_RESTORES,
  );
}
