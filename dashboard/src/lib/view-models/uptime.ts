import type { BotRow, StatusRow } from "@/api/types";
import { heartbeatMs } from "./staleness";

/** The definition, for whoever wonders. */
export const UPTIME_TITLE =
  "Share of the time since the first heartbeat that heartbeats vouch for: each for the time since the one before it, at most twice its interval. In brackets how long that is.";

export type Uptime = { fraction: number; since: number };

/** Milliseconds that a heartbeat vouches for, of those that have passed since the one before. */
function vouched(passed: number, interval: number | null | undefined): number {
  return Math.max(0, Math.min(passed, 2 * heartbeatMs(interval)));
}

/** The uptime at `now`, and the milliseconds it is counted over; null before a heartbeat. */
export function uptimeOf({ stats, status }: BotRow, now: number): Uptime | null {
  if (!status || !stats.first_status_at || stats.alive_seconds == null) return null;
  const last = Date.parse(status.recorded_at);
  const stopped = status.status === "stopped";
  const since = (stopped ? last : Math.max(now, last)) - Date.parse(stats.first_status_at);
  const running = stopped ? 0 : vouched(now - last, status.interval_seconds);
  const alive = stats.alive_seconds * 1000 + running;
  return { fraction: since > 0 ? Math.min(1, alive / since) : 1, since: Math.max(0, since) };
}

/** The totals after one more heartbeat, as the server will count it. */
export function withHeartbeat(
  stats: BotRow["stats"],
  last: StatusRow | null,
  next: StatusRow,
): BotRow["stats"] {
  if (!stats.first_status_at || !last) {
    return { ...stats, first_status_at: next.recorded_at, alive_seconds: 0 };
  }
  const passed = Date.parse(next.recorded_at) - Date.parse(last.recorded_at);
  const more = vouched(passed, next.interval_seconds) / 1000;
  return { ...stats, alive_seconds: (stats.alive_seconds ?? 0) + more };
}
