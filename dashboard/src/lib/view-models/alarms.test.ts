import { describe, expect, it } from "vitest";
import type { BotRow } from "@/api/types";
import { alarmsOf, iconFor, listed, loudnessOf, titleWith } from "./alarms";
import { botRow } from "./fixtures";

const NOW = Date.parse("2026-01-01T12:00:00Z");

function bot(id: string, ageSeconds: number, open = 0, behind = 0): BotRow {
  const at = new Date(NOW - ageSeconds * 1000).toISOString();
  const stats = { ...botRow({ id }).stats, open_positions: open };
  const status = {
    bot_id: id,
    time: at,
    recorded_at: at,
    received_at: at,
    status: "running" as const,
    interval_seconds: 60,
    behind,
  };
  return botRow({ id, stats, status, heartbeat_at: at });
}

describe("alarms", () => {
  it("sort bots by how much they need a look", () => {
    const bots = [bot("ok", 5), bot("late", 400), bot("open", 400, 2), bot("slow", 5, 0, 1240)];
    const alarms = alarmsOf(bots, NOW);
    expect(alarms.danger.map((one) => one.id)).toEqual(["open"]);
    expect(alarms.late.map((one) => one.id)).toEqual(["late"]);
    expect(alarms.behind.map((one) => one.id)).toEqual(["slow"]);
    expect(loudnessOf(alarms)).toBe("danger");
  });

  it("are silent while the page does not know the time", () => {
    expect(alarmsOf([bot("late", 4000, 1)], 0)).toEqual({ danger: [], late: [], behind: [] });
  });

  it("stand before the title once, louder with open positions, and go again", () => {
    const late = alarmsOf([bot("late", 400)], NOW);
    const danger = alarmsOf([bot("late", 400), bot("open", 400, 1)], NOW);
    const once = titleWith("Arena · Motherhaven", late);
    expect(once).toBe("(!) 1 late · Arena · Motherhaven");
    expect(titleWith(once, danger)).toBe("(!!) 2 late · Arena · Motherhaven");
    expect(titleWith(once, alarmsOf([], NOW))).toBe("Arena · Motherhaven");
  });

  it("change the icon with their loudness", () => {
    const icons = (["quiet", "late", "danger"] as const).map(iconFor);
    expect(new Set(icons).size).toBe(3);
    expect(icons.every((icon) => icon.startsWith("data:image/svg+xml,%3Csvg"))).toBe(true);
  });

  it("name a few bots and count the rest", () => {
    expect(listed(["a", "b"])).toBe("a, b");
    expect(listed(["a", "b", "c", "d", "e", "f"])).toBe("a, b, c, d and 2 more");
  });
});
