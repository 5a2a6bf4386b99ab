import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { BotRow } from "@/api/types";
import { keys } from "./keys";

/** Reads the curves again when money has moved what a bot's return counts from. */
export function useFreshBases(bots: readonly BotRow[]): void {
  const client = useQueryClient();
  const known = useRef(new Map<string, string>());
  useEffect(() => {
    let moved = false;
    for (const { id, return_base_usd: base } of bots) {
      if (base === null) continue;
      moved ||= known.current.has(id) && known.current.get(id) !== base;
      known.current.set(id, base);
    }
    if (moved) void client.invalidateQueries({ queryKey: keys.equities });
  }, [bots, client]);
}
