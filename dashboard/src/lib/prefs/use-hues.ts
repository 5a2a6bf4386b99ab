"use client";
import { useMemo } from "react";
import type { BotRow } from "@/api/types";
import { assignHues } from "@/lib/view-models/hue";

const KEY = "motherhaven-hues";

function remembered(): Record<string, number> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Record<string, number>) : {};
  } catch {
    return {};
  }
}

/** The hue of each bot: the same on every screen, and the same tomorrow. */
export function useHues(bots: readonly BotRow[] | undefined): Record<string, number> {
  const ids = bots?.map((bot) => bot.id).join(" ") ?? "";
  return useMemo(() => {
    if (ids === "") return {};
    const kept = remembered();
    const hues = assignHues(ids.split(" "), kept);
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...kept, ...hues }));
    } catch {
      // Without storage the hues are still the same for the same set of bots.
    }
    return hues;
  }, [ids]);
}
