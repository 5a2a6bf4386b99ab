"use client";
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { UNITS } from "@/lib/view-models/equity";
import { LOG_LEVELS } from "@/lib/view-models/log";
import { BACK_RESTORES, RANGES } from "./use-view";

export const BOT_TABS = [
  "decisions",
  "reasoning",
  "trades",
  "performance",
  "errors",
  "log",
  "config",
] as const;
export const CALENDARS = ["day", "week", "month"] as const;
export type BotTab = (typeof BOT_TABS)[number];

/** What the address says about a bot's screen. */
export function useBotView() {
  return useQueryStates(
    {
      id: parseAsString,
      range: parseAsStringLiteral(RANGES).withDefault("1d"),
      unit: parseAsStringLiteral(UNITS).withDefault("usd"),
      tab: parseAsStringLiteral(BOT_TABS).withDefault("decisions"),
      calendar: parseAsStringLiteral(CALENDARS).withDefault("day"),
      trades: parseAsBoolean.withDefault(false),
      folds: parseAsBoolean.withDefault(true),
      error: parseAsString,
      level: parseAsStringLiteral(LOG_LEVELS).withDefault("all"),
      words: parseAsString.withDefault(""),
    },
    BACK_RESTORES,
  );
}
