import { describe, expect, it } from "vitest";
import { positionRow } from "./fixtures-detail";
import { exposures, protectionOf, sortClosed, sortPositions, stakeOf } from "./stake";

const long = positionRow({
  coin: "BTC",
  side: "long",
  size: "2",
  quantity_usd: "50",
  leverage: "4",
  entry_price: "100",
  mark: "110",
  stop_loss: "95",
  liquidation_price: "80",
  unrealized_pnl: "20",
});
const short = positionRow({
  ...long,
  id: "s",
  side: "short",
  size: "-1",
  stop_loss: "204.50",
  liquidation_price: "203.70",
  unrealized_pnl: "-10",
});

describe("what a position stands for", () => {
  it("is measured at the mark, at the entry, by its margin and by its stop", () => {
    const stake = stakeOf(long);
    expect(stake.notional).toBe("220");
    expect([stake.pnl, stake.roe, stake.r].map(Number)).toEqual([0.1, 0.4, 2]);
    expect(Number(stake.toStop)).toBeCloseTo(-15 / 110, 9);
    expect(Number(stake.toLiquidation)).toBeCloseTo(-30 / 110, 9);
  });

  it("takes margin times leverage where no size was told, and knows nothing of nothing", () => {
    const old = positionRow({ ...long, size: null, mark: null });
    expect(Number(stakeOf(old).notional)).toBe(200);
    const bare = stakeOf(positionRow({ ...long, unrealized_pnl: null, stop_loss: null }));
    expect([bare.pnl, bare.roe, bare.r, bare.toStop]).toEqual([null, null, null, null]);
  });

  it("has no R once its stop is beyond the entry", () => {
    expect(stakeOf(positionRow({ ...long, stop_loss: "104" })).r).toBeNull();
  });
});

describe("protection", () => {
  it("says of a stop beyond the liquidation that it cannot act", () => {
    expect(protectionOf(short).word).toBe("stop idle");
    expect(protectionOf(long).level).toBe("ok");
    expect(protectionOf({ ...long, stop_loss: null }).word).toBe("no stop");
    expect(protectionOf({ ...long, mark: "94" }).word).toBe("stop reached");
  });
});

describe("sums of positions", () => {
  it("set shorts against longs, and count what is unprotected", () => {
    const [btc] = exposures([long, short], (row) => row.coin);
    expect(btc).toMatchObject({ long: "220", short: "110", net: "110", unrealized: "10" });
    expect([btc?.positions, btc?.unprotected, btc?.unknown]).toEqual([2, 1, 0]);
  });

  it("are sorted by the size of the net, whatever its sign", () => {
    const other = { ...short, coin: "ETH", size: "-9" };
    expect(exposures([long, other], (row) => row.coin).map((one) => one.key)).toEqual([
      "ETH",
      "BTC",
    ]);
  });

  it("sort positions, the nearest stop first and the unknown last", () => {
    const bare = positionRow({ ...long, id: "bare", stop_loss: null });
    const ids = sortPositions([bare, short, long], "stop").map((row) => row.id);
    expect(ids).toEqual([long.id, "s", "bare"]);
  });
});

describe("closed positions in order", () => {
  const row = (id: string, realized_pnl: string | null) => positionRow({ id, realized_pnl });
  const rows = [row("a", "-1.5"), row("b", null), row("c", "12"), row("d", "-20")];
  const order = (by: "closed" | "lost" | "won") => sortClosed(rows, by).map((one) => one.id);

  it("are those of their ends, the worst first, or the best first; the unknown last", () => {
    expect(order("closed")).toEqual(["a", "b", "c", "d"]);
    expect(order("lost")).toEqual(["d", "a", "c", "b"]);
    expect(order("won")).toEqual(["c", "a", "d", "b"]);
  });
});
