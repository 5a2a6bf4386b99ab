import { describe, expect, it } from "vitest";
import type { BotRow } from "@/api/types";
import { alertsOf, fleetText, headline, unheard } from "./alerts";
import { botRow } from "./fixtures";
import { kindOf } from "./kind";
import { pulseOf } from "./staleness";
import { uptimeOf } from "./uptime";

const NOW = Date.parse("2026-01-02T12:00:00Z");
const BASE = botRow({ id: "x" }).stats;

function bot(id: string, open: number): BotRow {
  return botRow({ id, name: id, stats: { ...BASE, open_positions: open } });
}

function withStatus(one: BotRow, change: Partial<NonNullable<BotRow["status"]>>): BotRow {
  return { ...one, status: one.status && { ...one.status, ...change } };
}

const [alive, dead, late] = [bot("alive", 2), bot("dead", 3), bot("late", 0)];

function fresh(one: BotRow, minutes: number): BotRow {
  const at = new Date(NOW - minutes * 60_000).toISOString();
  const status = {
    bot_id: one.id,
    time: at,
    recorded_at: at,
    received_at: at,
    status: "running" as const,
    interval_seconds: 60,
  };
  return { ...one, heartbeat_at: at, status };
}

const fleet = [fresh(alive, 0.5), fresh(late, 4), fresh(dead, 90)];

describe("alerts", () => {
  it("name each bot with what is wrong and for how long, the worst first", () => {
    const alerts = alertsOf(fleet, NOW);
    expect(alerts.map((one) => [one.bot.id, one.level])).toEqual([
      ["dead", "danger"],
      ["late", "late"],
    ]);
    expect(alerts[0]?.text).toBe("gives no sign of life and holds 3 open positions");
    expect(alerts[0]?.age).toBe(90 * 60_000);
    expect(headline(unheard(alerts, []))).toBe(
      "dead gives no sign of life and holds 3 open positions, and 1 more",
    );
    expect(fleetText(fleet, alerts)).toBe("1 running");
  });

  it("are silent once acknowledged, until the bot falls silent again", () => {
    const alerts = alertsOf(fleet, NOW);
    const known = alerts.map((one) => one.key);
    expect(headline(unheard(alerts, known))).toBeNull();
    const again = alertsOf([fresh(dead, 30)], NOW);
    expect(unheard(again, known).danger).toHaveLength(1);
  });
});

describe("a bot that was stopped", () => {
  const stopped = withStatus(fresh(dead, 90), { status: "stopped" });

  it("raises no alarm, nor does its uptime fall", () => {
    expect(pulseOf(stopped, NOW)).toBe("resting");
    expect(alertsOf([stopped], NOW)).toEqual([]);
    expect(fleetText([stopped], [])).toBe("1 stopped");
    const first_status_at = new Date(NOW - 180 * 60_000).toISOString();
    const whole = { ...stopped, stats: { ...stopped.stats, first_status_at, alive_seconds: 5400 } };
    expect(uptimeOf(whole, NOW)).toEqual({ fraction: 1, since: 5_400_000 });
  });

  it("is loud with real money that nobody looks after", () => {
    const live = { ...stopped, mode: "live" as const };
    expect(alertsOf([live], NOW)[0]?.text).toBe("is stopped and holds 3 open positions");
  });

  it("was a replay where its market is of the past", () => {
    const old = { time: "2018-04-06T00:00:00Z" };
    expect(kindOf(withStatus(stopped, old))).toBe("replay");
    expect(kindOf(stopped)).toBe("paper");
    expect(kindOf({ ...withStatus(stopped, old), mode: "live" })).toBe("live");
  });
});
