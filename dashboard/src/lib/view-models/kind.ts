import type { BotRow, Mode } from "@/api/types";

/** The kind of money; a replay has none, whatever the mode that it was run in. */
export type Kind = Mode | "replay";

/** A record this much younger than what it tells of is of a replay, in milliseconds. */
const REPLAYED = 86_400_000;

type Timed = { time: string; recorded_at: string };

/** Whether market time and the recorder's clock are days apart. No zone shifts a time so far. */
export function isReplayed({ time, recorded_at }: Timed): boolean {
  return Date.parse(recorded_at) - Date.parse(time) > REPLAYED;
}

/** What kind of money a bot trades with. */
export function kindOf(bot: Pick<BotRow, "mode" | "status">): Kind {
  return bot.mode !== "live" && bot.status && isReplayed(bot.status) ? "replay" : bot.mode;
}
