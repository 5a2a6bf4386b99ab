import { describe, expect, it } from "vitest";
import type { StatusRow } from "@/api/types";
import { botRow } from "./fixtures";
import { nextCycle } from "./next-cycle";

const beat = "2026-01-01T12:00:00Z";
const bot = (change: Partial<StatusRow>) =>
  botRow({
    id: "a",
    heartbeat_at: beat,
    status: {
      bot_id: "a",
      time: beat,
      recorded_at: beat,
      received_at: beat,
      status: "running",
      interval_seconds: 60,
      next_cycle_at: "2026-01-01T12:01:00Z",
      ...change,
    },
  });
const at = (time: string) => Date.parse(time);

describe("the next cycle", () => {
  it("counts down to the second", () => {
    expect(nextCycle(bot({}), at("2026-01-01T12:00:18.400Z"))).toBe("in 42\u202fs");
  });

  it("is under way while the heartbeat is fresh, and overdue once it is late", () => {
    expect(nextCycle(bot({}), at("2026-01-01T12:01:30Z"))).toBe("under way");
    expect(nextCycle(bot({}), at("2026-01-01T12:11:00Z"))).toBe("overdue by 10\u202fmin");
    const slow = bot({ interval_seconds: 900 });
    expect(nextCycle(slow, at("2026-01-01T12:02:00Z"))).toBe("under way");
    expect(nextCycle(slow, at("2026-01-01T12:08:00Z"))).toBe("overdue by 7\u202fmin");
  });

  it("promises nothing for a bot that stands or has not told", () => {
    expect(nextCycle(bot({ status: "paused" }), at(beat))).toBe("paused");
    expect(nextCycle(bot({ status: "stopped" }), at(beat))).toBe("stopped");
    expect(nextCycle(bot({ next_cycle_at: null }), at(beat))).toBe("—");
    expect(nextCycle(botRow({ id: "b" }), at(beat))).toBe("—");
  });
});
