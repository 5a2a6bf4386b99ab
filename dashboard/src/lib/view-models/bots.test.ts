import { describe, expect, it } from "vitest";
import { botName, modesOf, returnOf, totalsOf } from "./bots";
import { accountRow, botRow } from "./fixtures";
import { sortBots } from "./sort";

describe("totals", () => {
  it("add up to the cent where doubles would not", () => {
    const bots = ["0.1", "0.2"].map((equity, index) =>
      botRow({ id: `b${index}`, account: accountRow(`b${index}`, equity, "0.1") }),
    );
    const totals = totalsOf(bots);
    expect(totals.equity).toBe("0.3");
    expect(totals.totalPnl).toBe("0.60");
    expect(totals.return).toBe("0.500000000000");
  });

  it("count a bot without an account and leave its money out", () => {
    const bots = [botRow({ id: "a" }), botRow({ id: "b", account: accountRow("b", "5", null) })];
    expect(totalsOf(bots)).toMatchObject({ bots: 2, reporting: 1, equity: "5", return: null });
    expect(totalsOf([])).toMatchObject({ equity: null, modelCost: null, worstDrawdown: null });
  });

  it("name the bot with the deepest drawdown", () => {
    const stats = (max_drawdown: string | null) => ({ ...botRow({ id: "" }).stats, max_drawdown });
    const bots = [
      botRow({ id: "a", stats: stats("-0.05") }),
      botRow({ id: "b", stats: stats("-0.1") }),
      botRow({ id: "c", stats: stats(null) }),
    ];
    expect(totalsOf(bots)).toMatchObject({ worstDrawdown: "-0.1", worstBot: "b" });
  });
});

describe("bots", () => {
  it("are named by their name, else by the start of their id", () => {
    expect(botName({ id: "0197aaaabbbb", name: "" })).toBe("0197aaaa");
    expect(botName(undefined)).toBe("—");
  });

  it("have no return without deposits", () => {
    expect(returnOf("10", null)).toBeNull();
    expect(returnOf("10", "0")).toBeNull();
    expect(returnOf(null, "10")).toBeNull();
  });

  it("are told apart by their kind of money, live first", () => {
    const bots = (["simulated", "live", "shadow", "simulated"] as const).map((mode, index) =>
      botRow({ id: `b${index}`, mode }),
    );
    expect(modesOf(bots)).toEqual([
      { mode: "live", bots: 1 },
      { mode: "shadow", bots: 1 },
      { mode: "simulated", bots: 2 },
    ]);
  });

  it("are ranked by return, those without one last", () => {
    const bots = [
      botRow({ id: "none" }),
      botRow({ id: "low", return_fraction: "-0.1" }),
      botRow({ id: "high", return_fraction: "0.09" }),
      botRow({ id: "higher", return_fraction: "0.1" }),
    ];
    expect(sortBots(bots, "return").map((bot) => bot.id)).toEqual([
      "higher",
      "high",
      "low",
      "none",
    ]);
  });

  it("are ranked by Sharpe, those with too few days last and by name", () => {
    const bots = [
      botRow({ id: "z", name: "z" }),
      botRow({ id: "y", name: "y" }),
      botRow({ id: "low", sharpe: -1 }),
      botRow({ id: "high", sharpe: 2.5 }),
    ];
    expect(sortBots(bots, "sharpe").map((bot) => bot.id)).toEqual(["high", "low", "y", "z"]);
  });
});
