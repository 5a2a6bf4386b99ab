import { useMemo } from "react";
import type { BotRow } from "@/api/types";
import { useHues } from "@/lib/prefs/use-hues";
import { useBots } from "./use-bots";

const NONE: BotRow[] = [];

/** The bots with what every screen needs of them: by id, and each one's hue. */
export function useFleet() {
  const query = useBots();
  const bots = query.data ?? NONE;
  const hues = useHues(query.data);
  const byId = useMemo(() => new Map(bots.map((bot) => [bot.id, bot])), [bots]);
  return { query, bots, byId, hues };
}
