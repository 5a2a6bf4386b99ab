import { describe, expect, it } from "vitest";
import type { StatusRow } from "@/api/types";
import { botRow } from "./fixtures";
import { uptimeOf, withHeartbeat } from "./uptime";

const START = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function heartbeat(seconds: number, status: StatusRow["status"] = "running"): StatusRow {
  const time = at(seconds);
  return {
    bot_id: "a",
    time,
    recorded_at: time,
    received_at: time,
    status,
    interval_seconds: 60,
  };
}

function bot(status: StatusRow | null, alive_seconds: number | null, first: number | null) {
  const { stats } = botRow({ id: "a" });
  const first_status_at = first === null ? null : at(first);
  return botRow({ id: "a", status, stats: { ...stats, alive_seconds, first_status_at } });
}

describe("uptime", () => {
  it("is unknown before a heartbeat and for what was recorded before it was counted", () => {
    expect(uptimeOf(bot(null, null, null), START)).toBeNull();
    expect(uptimeOf(bot(heartbeat(0), null, null), START)).toBeNull();
  });

  it("is whole while heartbeats come, and for twice an interval after the last", () => {
    const running = bot(heartbeat(600), 600, 0);
    expect(uptimeOf(running, START + 600_000)?.fraction).toBe(1);
    expect(uptimeOf(running, START + 720_000)?.fraction).toBe(1);
    expect(uptimeOf(running, START + 1_440_000)).toEqual({ fraction: 0.5, since: 1_440_000 });
  });

  it("does not count the time after a stop", () => {
    const stopped = bot(heartbeat(600, "stopped"), 600, 0);
    const counted = uptimeOf(stopped, START + 1_200_000);
    expect(counted).toEqual({ fraction: 1, since: 600_000 });
  });

  it("grows with each heartbeat as the server counts it, and with the same one only once", () => {
    const first = withHeartbeat(bot(null, null, null).stats, null, heartbeat(0));
    expect([first.alive_seconds, first.first_status_at]).toEqual([0, at(0)]);
    const second = withHeartbeat(first, heartbeat(0), heartbeat(60));
    expect(withHeartbeat(second, heartbeat(60), heartbeat(60)).alive_seconds).toBe(60);
    expect(withHeartbeat(second, heartbeat(60), heartbeat(3660)).alive_seconds).toBe(180);
  });
});
