"use client";
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsString,
  parseAsStringLiteral,
  useQueryState,
  useQueryStates,
} from "nuqs";
import { useCallback } from "react";
import { UNITS } from "@/lib/view-models/equity";
import { OUTCOMES } from "@/lib/view-models/filter";
import { SORTS } from "@/lib/view-models/sort";
import { CLOSED_SORTS, POSITION_SORTS } from "@/lib/view-models/stake";
import { PER } from "@/lib/view-models/tags";

export const RANGES = ["1h", "1d", "1w", "1m", "1y", "all"] as const;
export const SHOWN_AS = ["chart", "table"] as const;
/** Values up to every line, or up to those that are not far off. */
export const SCALES = ["most", "all"] as const;
export const GROUPS = ["none", "coin", "side", "bot"] as const;
export const SIDES = ["any", "long", "short"] as const;
export const TABS = ["open", "closed"] as const;

/** A choice is a step of its own: Back takes it back. */
export const BACK_RESTORES = { history: "push" } as const;

/** What the address says about the Arena: a copied link shows the same. */
export function useView() {
  return useQueryStates(
    {
      range: parseAsStringLiteral(RANGES).withDefault("1d"),
      unit: parseAsStringLiteral(UNITS).withDefault("pct"),
      as: parseAsStringLiteral(SHOWN_AS).withDefault("chart"),
      bots: parseAsArrayOf(parseAsString).withDefault([]),
      hide: parseAsArrayOf(parseAsString).withDefault([]),
      hold: parseAsString,
      tags: parseAsArrayOf(parseAsString).withDefault([]),
      find: parseAsString.withDefault(""),
      per: parseAsStringLiteral(PER).withDefault("none"),
      scale: parseAsStringLiteral(SCALES).withDefault("most"),
      sort: parseAsStringLiteral(SORTS).withDefault("return"),
      tab: parseAsStringLiteral(TABS).withDefault("open"),
      by: parseAsStringLiteral(POSITION_SORTS).withDefault("opened"),
      ended: parseAsStringLiteral(CLOSED_SORTS).withDefault("closed"),
      group: parseAsStringLiteral(GROUPS).withDefault("none"),
      coin: parseAsString.withDefault(""),
      side: parseAsStringLiteral(SIDES).withDefault("any"),
      why: parseAsString.withDefault(""),
      of: parseAsString.withDefault(""),
      q: parseAsString.withDefault(""),
      trades: parseAsBoolean.withDefault(false),
      folds: parseAsBoolean.withDefault(true),
      outcome: parseAsStringLiteral(OUTCOMES).withDefault("any"),
    },
    // Links that were made before the filter had this name still filter.
    { ...BACK_RESTORES, urlKeys: { outcome: "fate" } },
  );
}

/** The decision that is open beside the feed. Back closes it, however many were walked through. */
export function useOpenDecision() {
  const [id, setId] = useQueryState("decision", parseAsString);
  const open = useCallback(
    (next: string | null) => {
      void setId(next, { history: id === null ? "push" : "replace" });
    },
    [id, setId],
  );
  return [id, open] as const;
}
