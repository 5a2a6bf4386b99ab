import { describe, expect, it } from "vitest";
import { positionRow } from "./fixtures-detail";
import { csvOf, filtered } from "./trade-filter";

const ANY = { coin: "", side: "any", why: "", of: "" } as const;
const rows = [
  positionRow({ id: "1", coin: "BTC", side: "long", bot_id: "a", reason: "stop_loss" }),
  positionRow({ id: "2", coin: "ETH", side: "short", bot_id: "b", reason: null }),
];
const ids = (wanted: object) => filtered(rows, { ...ANY, ...wanted }).map((row) => row.id);

describe("the filter of positions", () => {
  it("goes by coin, side, reason and bot, together", () => {
    expect(ids({})).toEqual(["1", "2"]);
    expect(ids({ coin: "BTC" })).toEqual(["1"]);
    expect(ids({ side: "short" })).toEqual(["2"]);
    expect(ids({ why: "unknown" })).toEqual(["2"]);
    expect(ids({ of: "a", side: "short" })).toEqual([]);
  });
});

describe("the CSV of what is shown", () => {
  it("has exact figures, quoted texts and no formulas", () => {
    const row = positionRow({
      bot_name: '=1+"x",y',
      realized_pnl: "-0.1234567890123456789",
      mark: null,
    });
    const [head, line, end] = csvOf([row]).split("\r\n");
    expect(head?.split(",").slice(7, 9)).toEqual(["margin_usd", "leverage"]);
    expect(line).toContain(`"'=1+""x"",y"`);
    expect(line).toContain(",-0.1234567890123456789,");
    expect(end).toBe("");
  });
});
