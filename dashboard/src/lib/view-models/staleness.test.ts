import { describe, expect, it } from "vitest";
import type { StatusRow } from "@/api/types";
import { botRow } from "./fixtures";
import { eventsBehind, isLoud, pulseOf } from "./staleness";

const BEAT = "2026-01-01T12:00:00Z";

function bot(open: number, state: StatusRow["status"] = "running", interval: number | null = 60) {
  const status: StatusRow = {
    bot_id: "a",
    time: BEAT,
    recorded_at: BEAT,
    received_at: BEAT,
    status: state,
    interval_seconds: interval,
  };
  const stats = { ...botRow({ id: "a" }).stats, open_positions: open };
  return botRow({ id: "a", heartbeat_at: BEAT, status, stats });
}

const after = (seconds: number) => Date.parse(BEAT) + seconds * 1000;

describe("a bot's pulse", () => {
  it("is alive until twice its interval and some grace have passed", () => {
    expect(pulseOf(bot(0), after(135))).toBe("alive");
    expect(pulseOf(bot(0), after(136))).toBe("late");
    expect(pulseOf(bot(0), after(400))).toBe("silent");
  });

  it("is a danger as soon as it is late with open positions", () => {
    expect(pulseOf(bot(1), after(135))).toBe("alive");
    expect(pulseOf(bot(1), after(136))).toBe("danger");
    expect(pulseOf({ ...bot(2, "stopped"), mode: "live" }, after(1))).toBe("danger");
    expect(pulseOf(bot(2, "stopped"), after(1))).toBe("resting");
  });

  it("rests when stopped flat or paused, and is unknown without a status", () => {
    expect(pulseOf(bot(0, "stopped"), after(9999))).toBe("resting");
    expect(pulseOf(bot(0, "paused"), after(10))).toBe("resting");
    expect(pulseOf(botRow({ id: "a" }), after(0))).toBe("unknown");
  });

  it("goes by three minutes when the bot does not tell its interval", () => {
    expect(pulseOf(bot(0, "running", null), after(375))).toBe("alive");
    expect(pulseOf(bot(0, "running", null), after(376))).toBe("late");
  });

  it("is loud exactly when someone should look", () => {
    const loud = (["alive", "late", "silent", "danger", "resting", "unknown"] as const).filter(
      isLoud,
    );
    expect(loud).toEqual(["late", "silent", "danger"]);
  });
});

describe("events behind", () => {
  it("are told when there are more than a cycle's own", () => {
    const lagging = (behind: number | null) => {
      const row = bot(0);
      return { ...row, status: row.status && { ...row.status, behind } };
    };
    expect(eventsBehind(lagging(3))).toBe(0);
    expect(eventsBehind(lagging(null))).toBe(0);
    expect(eventsBehind(lagging(137))).toBe(137);
  });
});
