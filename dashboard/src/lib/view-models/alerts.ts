import type { BotRow } from "@/api/types";
import { type Alarms, alarmsOf } from "./alarms";
import { botName } from "./bots";
import { count } from "./format-number";
import { eventsBehind, heartbeatAge } from "./staleness";

export type Alert = {
  /** Names this occurrence: the next one of the same bot has another. */
  key: string;
  bot: BotRow;
  level: "danger" | "late" | "behind";
  text: string;
  /** Milliseconds since the last heartbeat. */
  age: number | null;
};

const ORDER = ["danger", "late", "behind"] as const;

/** What must not be missed of any bot, the worst first, each since its last heartbeat. */
export function alertsOf(bots: readonly BotRow[], now: number): Alert[] {
  const alarms = alarmsOf(bots, now);
  return ORDER.flatMap((level) =>
    alarms[level].map((bot): Alert => {
      const since = level === "behind" ? "" : (bot.heartbeat_at ?? bot.last_seen);
      const key = `${bot.id} ${level} ${since}`;
      return { key, bot, level, text: textOf(bot, level), age: heartbeatAge(bot, now) };
    }),
  );
}

/** The alarms without those that were acknowledged. */
export function unheard(alerts: readonly Alert[], acknowledged: readonly string[]): Alarms {
  const left = alerts.filter((alert) => !acknowledged.includes(alert.key));
  const of = (level: Alert["level"]) =>
    left.filter((alert) => alert.level === level).map((alert) => alert.bot);
  return { danger: of("danger"), late: of("late"), behind: of("behind") };
}

function textOf(bot: BotRow, level: Alert["level"]): string {
  const open = bot.stats.open_positions;
  const held = `${count(open)} open ${open === 1 ? "position" : "positions"}`;
  if (level === "behind") {
    return `is ${count(eventsBehind(bot))} events behind: what is shown is not the latest`;
  }
  if (level === "late") return "is late, without open positions";
  const stopped = bot.status?.status === "stopped";
  return stopped ? `is stopped and holds ${held}` : `gives no sign of life and holds ${held}`;
}

/** How many bots run, stand and have never told, in words. */
export function fleetText(bots: readonly BotRow[], alerts: readonly Alert[]): string {
  const loud = new Set(alerts.filter((one) => one.level !== "behind").map((one) => one.bot.id));
  const calm = bots.filter((bot) => !loud.has(bot.id));
  const of = (state: string) => calm.filter((bot) => bot.status?.status === state).length;
  const failing = of("error");
  const running = of("running") + failing;
  const known = [
    [running, "running"],
    [failing, "with an error"],
    [of("paused"), "paused"],
    [of("stopped"), "stopped"],
    [calm.filter((bot) => !bot.status).length, "without a heartbeat"],
  ] as const;
  const told = known.filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`);
  return told.join(", ") || "no other bot";
}

/** The worst of what was not acknowledged, in one sentence. */
export function headline({ danger, late, behind }: Alarms): string | null {
  const [first] = [...danger, ...late, ...behind];
  if (!first) return null;
  const n = danger.length + late.length + behind.length;
  const level = danger.length > 0 ? "danger" : late.length > 0 ? "late" : "behind";
  const more = n > 1 ? `, and ${count(n - 1)} more` : "";
  return `${botName(first)} ${textOf(first, level)}${more}`;
}
