"use client";
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { UNITS } from "@/shape/equity";
import { BACK_RESTORES, RANGES } from "./use-view";

export const BOT_TABS = ["decisions", "trades", "errors", "config"] as const;
export type BotTab = (typeof BOT_TABS)[number];

/** What the address says about a bot's screen. */
export function useBotView() {
  return useQueryStates(
    {
      id: parseAsString,
      range: parseAsStringLiteral(RANGES).withDefault("1d"),
      unit: parseAsStringLiteral(UNITS).withDefault("usd"),
      tab: parseAsStringLiteral(BOT_TABS).withDefault("decisions"),
      trades: parseAsBoolean.withDefault(false),
      folds: parseAsBoolean.withDefault(true),
      error: parseAsString,
    },
    BACK_RESTORES,
  );
}
