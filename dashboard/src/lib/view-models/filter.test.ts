import { describe, expect, it } from "vitest";
import { parseFilter, passes } from "./filter";
import { botRow, decisionRow } from "./fixtures";

const status = { coins: ["BTC", "kPEPE"] } as never;
const BOTS = [
  botRow({ id: "0197-a", name: "claude", status }),
  botRow({ id: "0197-b", name: "gpt" }),
];

describe("the filter field", () => {
  it("reads signal, bot and coin in any order", () => {
    const wanted = {
      bot: "0197-a",
      coin: "BTC",
      signal: "buy_to_enter",
      trades: false,
      verdict: null,
      executed: false,
    };
    expect(parseFilter("btc buy claude", BOTS)).toEqual(wanted);
    expect(parseFilter(" Claude  BTC long ", BOTS)).toEqual(wanted);
  });

  it("keeps the spelling of coins that a bot trades, and takes others as capitals", () => {
    expect(parseFilter("kpepe", BOTS).coin).toBe("kPEPE");
    expect(parseFilter("doge", BOTS).coin).toBe("DOGE");
  });

  it("finds a bot by the start of its name or by its whole id", () => {
    expect(parseFilter("cla", BOTS).bot).toBe("0197-a");
    expect(parseFilter("0197-b", BOTS).bot).toBe("0197-b");
  });

  it("lets everything pass when it is empty, and checks each part otherwise", () => {
    const row = decisionRow({ coin: "BTC", bot_id: "0197-a" });
    expect(passes(row, parseFilter("", BOTS))).toBe(true);
    expect(passes(row, parseFilter("gpt", BOTS))).toBe(false);
    expect(passes(row, parseFilter("eth", BOTS))).toBe(false);
    expect(passes(row, parseFilter("sell", BOTS))).toBe(false);
  });

  it("keeps entries and closes alone where trades are asked for", () => {
    const trades = parseFilter("", BOTS, true);
    expect(passes(decisionRow({ signal: "hold" }), trades)).toBe(false);
    expect(passes(decisionRow({ signal: "close" }), trades)).toBe(true);
    expect(passes(decisionRow({ signal: "sell_to_enter" }), trades)).toBe(true);
  });

  it("asks for what was executed, whole or in part, by word and by choice", () => {
    const execution = (status: string) => ({ execution: { status } as never });
    for (const filter of [parseFilter("filled", BOTS), parseFilter("", BOTS, false, "executed")]) {
      expect(passes(decisionRow(execution("executed")), filter)).toBe(true);
      expect(passes(decisionRow(execution("partial")), filter)).toBe(true);
      expect(passes(decisionRow(execution("rejected")), filter)).toBe(false);
      expect(passes(decisionRow({ execution: null }), filter)).toBe(false);
      expect(passes(decisionRow({ signal: "hold", ...execution("executed") }), filter)).toBe(false);
    }
  });

  it("asks for what the guard said", () => {
    const rejected = parseFilter("rejected btc", BOTS);
    const verdict = { allowed: false } as never;
    expect(rejected).toMatchObject({ verdict: "rejected", coin: "BTC" });
    expect(passes(decisionRow({ verdict }), rejected)).toBe(true);
    expect(passes(decisionRow({ verdict: null }), rejected)).toBe(false);
    expect(passes(decisionRow({ verdict }), parseFilter("allowed", BOTS))).toBe(false);
  });
});
