import { describe, expect, it } from "vitest";
import { coinsOf, holdSeries } from "./hold";

const hold = (begin: string | null, ...prices: string[]) => ({
  coin: "BTC",
  bot_id: "a",
  bucket_seconds: 60,
  begin,
  points: prices.map((price, index) => ({ time: `2026-01-01T00:0${index}:00Z`, price })),
});

describe("buying and holding a coin", () => {
  it("is 10,000 USD at the first price, exactly", () => {
    const series = holdSeries(hold("100000", "100000", "101000.5", "0"));
    expect(series?.points.map((point) => Number(point.equity))).toEqual([10000, 10100.05, 0]);
    expect(series?.bot_name).toBe("hold BTC");
  });

  it("is nothing without a first price", () => {
    expect(holdSeries(hold(null))).toBeNull();
    expect(holdSeries(hold("0", "1"))).toBeNull();
    expect(holdSeries(undefined)).toBeNull();
  });

  it("offers each coin that a bot trades once", () => {
    const bots = [
      { status: { coins: ["SOL", "BTC"] } },
      { status: null },
      { status: { coins: ["BTC"] } },
    ];
    expect(coinsOf(bots)).toEqual(["BTC", "SOL"]);
  });
});
