import { describe, expect, it } from "vitest";
import { botRow } from "./fixtures";
import { positionRow } from "./fixtures-detail";
import { csvOf, filtered } from "./trade-filter";

const ANY = { coin: "", side: "any", why: "", of: "", tags: [] } as const;
const told = { time: "2026-01-01T12:00:00Z", recorded_at: "2026-01-01T12:00:00Z" };
const status = { bot_id: "a", ...told, received_at: told.time, status: "running" as const };
const bots = new Map([["a", botRow({ id: "a", status: { ...status, tags: ["eu", "trend"] } })]]);
const rows = [
  positionRow({ id: "1", coin: "BTC", side: "long", bot_id: "a", reason: "stop_loss" }),
  positionRow({ id: "2", coin: "ETH", side: "short", bot_id: "b", reason: null }),
];
const ids = (wanted: object) => filtered(rows, { ...ANY, ...wanted }, bots).map((row) => row.id);

describe("the filter of positions", () => {
  it("goes by coin, side, reason and bot, together", () => {
    expect(ids({})).toEqual(["1", "2"]);
    expect(ids({ coin: "BTC" })).toEqual(["1"]);
    expect(ids({ side: "short" })).toEqual(["2"]);
    expect(ids({ why: "unknown" })).toEqual(["2"]);
    expect(ids({ of: "a", side: "short" })).toEqual([]);
    expect(ids({ tags: ["trend"] })).toEqual(["1"]);
    expect(ids({ tags: ["trend", "us"] })).toEqual([]);
  });
});

describe("the CSV of what is shown", () => {
  it("has exact figures, quoted texts and no formulas", () => {
    const row = positionRow({
      bot_id: "a",
      bot_name: '=1+"x",y',
      realized_pnl: "-0.1234567890123456789",
      mark: null,
    });
    const [head, line, end] = csvOf([row], bots).split("\r\n");
    expect(head?.split(",").slice(7, 9)).toEqual(["margin_usd", "leverage"]);
    expect(head?.endsWith(",reason,tags")).toBe(true);
    expect(line?.endsWith(",eu trend")).toBe(true);
    expect(line).toContain(`"'=1+""x"",y"`);
    expect(line).toContain(",-0.1234567890123456789,");
    expect(end).toBe("");
  });
});
