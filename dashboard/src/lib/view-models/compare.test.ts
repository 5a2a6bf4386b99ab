import { describe, expect, it } from "vitest";
import type { Comparison, EquitySeries } from "@/api/types";
import {
  agreementText,
  alignedSeries,
  chartRange,
  chosenOf,
  configRows,
  leftOut,
  MOST,
  rebased,
  toggled,
} from "./compare";
import { linesOf } from "./equity";
import { accountRow, botRow } from "./fixtures";

const bots = ["a", "b", "c"].map((id) => botRow({ id, account: accountRow(id, "100", "50") }));

function series(bot_id: string, equities: Record<string, string>): EquitySeries {
  const points = Object.entries(equities).map(([hour, equity]) => ({
    time: `2026-01-01T${hour}:00:00Z`,
    equity,
    low: equity,
    high: equity,
  }));
  return { bot_id, bot_name: bot_id, mode: "paper", points };
}

describe("the range of the chart", () => {
  const now = Date.parse(bots[0]?.account?.time ?? "");
  const back = (hours: number) => new Date(now - hours * 3_600_000).toISOString();

  it("is the shortest that reaches back to the common start", () => {
    expect(chartRange("all", back(0.5), bots)).toBe("1h");
    expect(chartRange("all", back(24), bots)).toBe("1d");
    expect(chartRange("all", back(25), bots)).toBe("1w");
    expect(chartRange("all", back(24 * 400), bots)).toBe("all");
  });

  it("is never longer than asked, and as asked while no start is known", () => {
    expect(chartRange("1d", back(100), bots)).toBe("1d");
    expect(chartRange("1w", back(2), bots)).toBe("1d");
    expect(chartRange("all", null, bots)).toBe("all");
  });
});

describe("the choice of bots", () => {
  it("is the address's, each bot once, without those that are gone", () => {
    expect(chosenOf(["b", "x", "b", "a"], bots)).toEqual(["b", "a"]);
    expect(chosenOf([], bots)).toEqual(["a", "b", "c"]);
  });

  it("keeps its order when one is put in or taken out, and its limit", () => {
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
    expect(toggled(["b"], "a")).toEqual(["b", "a"]);
    const many = Array.from({ length: MOST }, (_, at) => `bot${at}`);
    expect(toggled(many, "new")).toEqual(many);
  });

  it("says which of the bots that were asked for are left out", () => {
    const many = Array.from({ length: 13 }, (_, at) => botRow({ id: `bot${at}` }));
    const ids = many.map((bot) => bot.id);
    expect(leftOut(ids.slice(0, MOST), many)).toBeNull();
    expect(leftOut(ids, many)).toBe("showing the first 8 of 13 bots");
    expect(leftOut(["bot1", "gone"], many)).toBe("1 of the ids belong to no bot here");
  });
});

describe("curves that begin together", () => {
  it("start at the same instant and count from there", () => {
    const all = [
      series("a", { "10": "50", "11": "100", "12": "110" }),
      series("b", { "11": "10" }),
    ];
    const aligned = alignedSeries(all, ["b", "a", "gone"], "2026-01-01T11:00:00Z");
    expect(aligned.map((one) => [one.bot_id, one.points.length])).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
    const starts = [
      { bot_id: "a", start_equity: "100" },
      { bot_id: "b", start_equity: "8" },
    ] as Comparison["returns"];
    const lines = linesOf(aligned, rebased(bots, starts), "pct", 3600);
    expect(lines.map((line) => line.last)).toEqual(["+25.00\u202f%", "+10.00\u202f%"]);
  });
});

describe("settings side by side", () => {
  it("show what differs first, and nothing where a bot has no such setting", () => {
    const rows = configRows({
      configs: [
        { bot_id: "a", bot_name: "a", items: { MAX_LEVERAGE: "5", ASSETS: "BTC", MODE: "paper" } },
        { bot_id: "b", bot_name: "b", items: { MAX_LEVERAGE: "3", MODE: "paper" } },
      ],
      differing: ["MAX_LEVERAGE", "ASSETS"],
    });
    expect(rows).toEqual([
      { name: "ASSETS", differs: true, values: { a: "BTC", b: null } },
      { name: "MAX_LEVERAGE", differs: true, values: { a: "5", b: "3" } },
      { name: "MODE", differs: false, values: { a: "paper", b: "paper" } },
    ]);
  });
});

describe("agreement", () => {
  it("tells its share with its n, and nothing without any", () => {
    const agreement = {
      n: 1440,
      agreed: 1080,
      disagreed: [],
      truncated: false,
      window_seconds: 180,
    };
    expect(agreementText(agreement)).toContain("75\u202f% of 1,440 times");
    expect(agreementText({ ...agreement, n: 0 })).toBeNull();
  });
});
