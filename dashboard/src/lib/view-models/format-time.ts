import { UNKNOWN } from "./format-number";

/** "utc", "local" (the browser's zone), or an IANA name. */
export type Zone = "utc" | "local" | (string & {});

const THIN = "\u202f";
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The IANA name of a zone. */
export function ianaName(zone: Zone): string {
  return zoneName(zone) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function zoneName(zone: Zone): string | undefined {
  if (zone === "utc") return "UTC";
  return zone === "local" ? undefined : zone;
}

type Parts = Partial<Record<Intl.DateTimeFormatPartTypes, string>>;

function parts(instant: string | number, zone: Zone): Parts | null {
  const time = typeof instant === "number" ? instant : Date.parse(instant);
  if (!Number.isFinite(time)) return null;
  let format = formatters.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zoneName(zone),
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "shortOffset",
    });
    formatters.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(time).map((part) => [part.type, part.value]));
}

type Instant = string | number | null | undefined;

function shaped(instant: Instant, zone: Zone, shape: (found: Parts) => string): string {
  if (instant === null || instant === undefined) return UNKNOWN;
  const found = parts(instant, zone);
  return found ? shape(found) : UNKNOWN;
}

/** How a zone is written after a time: UTC, or the offset that holds at that instant. */
export function zoneLabel(instant: string | number, zone: Zone): string {
  const name = parts(instant, zone)?.timeZoneName ?? "UTC";
  return name
    .replace(/^GMT([+-]0)?$/, "UTC")
    .replace("GMT", "UTC")
    .replace("-", "\u2212");
}

/** How far the clocks of a zone are ahead of UTC at an instant, both in seconds. */
export function offsetSeconds(seconds: number, zone: Zone): number {
  if (zone === "utc") return 0;
  const time = seconds * 1000;
  if (zone === "local") return -60 * new Date(time).getTimezoneOffset();
  const p = parts(time, zone);
  if (!p) return 0;
  const fields = [p.year, p.month, p.day, p.hour, p.minute, p.second].map(Number);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(seconds);
}

/** 14:02:10, or 14:02 without seconds. */
export function clock(instant: Instant, zone: Zone, seconds = true): string {
  return shaped(instant, zone, (p) => `${p.hour}:${p.minute}${seconds ? `:${p.second}` : ""}`);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 22 Nov, or 22 Nov 2018 where the year is not that of `now`. */
export function day(instant: Instant, zone: Zone, now: number): string {
  const year = parts(now, zone)?.year;
  return shaped(instant, zone, (p) => {
    const date = `${Number(p.day)} ${MONTHS[Number(p.month) - 1]}`;
    return p.year === year ? date : `${date} ${p.year}`;
  });
}

/** Time alone on the day of `now`, with the day in front on others: 22 Nov 14:02. */
export function moment(instant: Instant, zone: Zone, now: number): string {
  const time = clock(instant, zone, false);
  const date = day(instant, zone, now);
  return time === UNKNOWN || date === day(now, zone, now) ? time : `${date} ${time}`;
}

/** The whole of it: 2026-11-22 14:02:10 UTC. */
export function full(instant: Instant, zone: Zone): string {
  return shaped(instant, zone, (p) => {
    const time = typeof instant === "number" ? instant : Date.parse(instant as string);
    const label = zoneLabel(time, zone);
    return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second} ${label}`;
  });
}

/** How long ago: 0.4 s, 12 s, 3 min, 2 h 05, 4 d. A time ahead counts as now. */
export function age(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) {
    return UNKNOWN;
  }
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)}${THIN}s`;
  if (seconds < 90) return `${Math.floor(seconds)}${THIN}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${THIN}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}${THIN}h${THIN}${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)}${THIN}d`;
}

/** A round length of time: 30 s, 5 min, 4 h, 1 d. */
export function stepText(seconds: number): string {
  for (const [unit, size] of UNITS) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${THIN}${unit}`;
  }
  return `${seconds}${THIN}s`;
}

const UNITS: readonly [string, number][] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
];
