import { describe, expect, it } from "vitest";
import type { BotRow, StatusRow } from "@/api/types";
import { botRow } from "./fixtures";
import { positionRow } from "./fixtures-detail";
import { lackingOf, summaryOf, toldOf, whyOf } from "./protection";

const TOLD = "2026-01-01T12:10:00Z";
const NOW = Date.parse("2026-01-01T12:10:05Z");
type Counts = NonNullable<StatusRow["protection"]>;
const COUNTS: Counts = { protected: 0, partly: 0, unprotected: 0, unknown: 0, lacking: [] };

function bot(protection: Counts | null, change: Partial<StatusRow> = {}, open = 1): BotRow {
  const status = { bot_id: "bot-a", time: TOLD, recorded_at: TOLD, received_at: TOLD };
  return botRow({
    id: "bot-a",
    heartbeat_at: TOLD,
    status: { ...status, status: "running", interval_seconds: 180, protection, ...change },
    stats: { ...botRow({ id: "x" }).stats, open_positions: open },
  });
}

const row = positionRow();
const lack = (state: "partly" | "unprotected" | "unknown", coin = "BTC", seconds = 60) => ({
  coin,
  position_id: `p-${coin}`,
  state,
  reason_code: "stop_none",
  seconds,
});

describe("how a position is protected", () => {
  it("is what the bot says of its coin", () => {
    const state = (counts: Counts) => toldOf(row, bot(counts), NOW).state;
    expect(state({ ...COUNTS, protected: 1 })).toBe("protected");
    expect(state({ ...COUNTS, partly: 1, lacking: [lack("partly")] })).toBe("partly");
    expect(state({ ...COUNTS, unprotected: 1, lacking: [lack("unprotected")] })).toBe(
      "unprotected",
    );
    expect(state({ ...COUNTS, unknown: 1, lacking: [lack("unknown")] })).toBe("unknown");
  });

  it("is not told, and never protected, where the bot tells nothing", () => {
    const silent = [undefined, botRow({ id: "bot-a" }), bot(null)];
    expect(silent.map((one) => toldOf(row, one, NOW).state)).toEqual(Array(3).fill("not told"));
    expect(summaryOf(bot(null), NOW)?.state).toBe("not told");
  });

  it("is unknown once the bot's word is old, or the bot has stopped", () => {
    const good = { ...COUNTS, protected: 1 };
    expect(toldOf(row, bot(good), NOW + 3_600_000).state).toBe("unknown");
    expect(toldOf(row, bot(good, { status: "stopped" }), NOW).state).toBe("unknown");
    expect(summaryOf(bot(good), NOW + 3_600_000)?.state).toBe("unknown");
  });

  it("is unknown where the bot has not counted this position yet", () => {
    const good = { ...COUNTS, protected: 1 };
    const later = positionRow({ entry_time: "2026-01-01T12:10:01Z" });
    expect(toldOf(later, bot(good), NOW).state).toBe("unknown");
    expect(toldOf(row, bot(good, {}, 2), NOW).state).toBe("unknown");
    expect(summaryOf(bot(good, {}, 2), NOW)).toEqual({
      state: "unknown",
      says: "1 protected of 2 open positions",
    });
  });
});

describe("what is not protected", () => {
  it("stands with the worst first, since when and why", () => {
    const lacking = [lack("partly", "SOL"), lack("unprotected", "ETH", 5), lack("unprotected")];
    const found = lackingOf(bot({ ...COUNTS, partly: 1, unprotected: 2, lacking }, {}, 3));
    expect(found.map((one) => one.coin)).toEqual(["BTC", "ETH", "SOL"]);
    expect(found[0]).toMatchObject({
      since: "2026-01-01T12:09:00.000Z",
      why: "No stop rests at the venue",
      code: "stop_none",
    });
  });

  it("is summed with the worst state", () => {
    const lacking = [lack("partly")];
    const found = bot({ ...COUNTS, protected: 1, partly: 1, lacking }, {}, 2);
    expect(summaryOf(found, NOW)).toEqual({ state: "partly", says: "1 partly, 1 protected" });
    expect(summaryOf(bot(null, {}, 0), NOW)).toBeNull();
  });

  it("says a code that it does not know as words", () => {
    expect(whyOf("new_code_here")).toBe("new code here");
    expect(whyOf(null)).toBe("The bot gives no reason");
  });
});
