"use client";
import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { BACK_RESTORES, RANGES } from "./use-view";

export const FIGURES_SINCE = ["common", "own"] as const;
export const SETTINGS_SHOWN = ["differing", "all"] as const;

/** What the address says about the comparison. */
export function useCompareView() {
  return useQueryStates(
    {
      ids: parseAsArrayOf(parseAsString).withDefault([]),
      range: parseAsStringLiteral(RANGES).withDefault("all"),
      figures: parseAsStringLiteral(FIGURES_SINCE).withDefault("common"),
      settings: parseAsStringLiteral(SETTINGS_SHOWN).withDefault("differing"),
    },
    BACK_RESTORES,
  );
}
