import type { BotRow } from "@/api/types";
import { eventsBehind, pulseOf } from "./staleness";

/** What must not be missed, the worst first. */
export type Alarms = {
  /** Quiet with open positions. */
  danger: BotRow[];
  /** Quiet, without any. */
  late: BotRow[];
  /** Alive, but their records arrive late. */
  behind: BotRow[];
};

export type Loudness = "quiet" | "late" | "danger";

/** Which bots are to be looked at; nobody before the page knows the time. */
export function alarmsOf(bots: readonly BotRow[], now: number): Alarms {
  const alarms: Alarms = { danger: [], late: [], behind: [] };
  if (now === 0) return alarms;
  for (const bot of bots) {
    const pulse = pulseOf(bot, now);
    if (pulse === "danger") alarms.danger.push(bot);
    else if (pulse === "late" || pulse === "silent") alarms.late.push(bot);
    else if (eventsBehind(bot) > 0) alarms.behind.push(bot);
  }
  return alarms;
}

export function loudnessOf({ danger, late }: Alarms): Loudness {
  if (danger.length > 0) return "danger";
  return late.length > 0 ? "late" : "quiet";
}

const MARKED = /^\((?:!+)\) \d+ late · /;

/** The tab's title with the number of late bots before it, louder with open positions. */
export function titleWith(title: string, { danger, late }: Alarms): string {
  const plain = title.replace(MARKED, "");
  const n = danger.length + late.length;
  if (n === 0) return plain;
  return `(${danger.length > 0 ? "!!" : "!"}) ${n} late · ${plain}`;
}

const SIGNS: Record<Loudness, string> = {
  quiet: '<circle cx="16" cy="9" r="2.5" fill="#93a4ff"/>',
  late: '<circle cx="24" cy="8" r="8" fill="#e7b75a"/><path d="M24 4v5M24 11.2v.8" stroke="#16181c" stroke-width="2.4"/>',
  danger:
    '<path d="M16 0h16v16H16z" fill="#ff4d2e"/><path d="M24 3v6.4M24 11.6v1.4" stroke="#fff" stroke-width="3"/>',
};

/** The tab's icon as a data address: a mark in its corner when bots are late. */
export function iconFor(loudness: Loudness): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#16181c"/><path d="M7 22V11l9 8 9-8v11" fill="none" stroke="#e9eaec" stroke-width="3"/>${SIGNS[loudness]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** A few names, and how many more there are. */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
