import { expect, it } from "vitest";
import type { EquitySeries } from "@/api/types";
import { otherTimes } from "./other-times";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-30T00:00:00Z");

function lived(bot_id: string, from: number, to: number): EquitySeries {
  const points = [from, to].map((days) => {
    const time = new Date(NOW + days * DAY).toISOString();
    return { time, equity: "1", low: "1", high: "1" };
  });
  return { bot_id, bot_name: null, mode: "paper", points };
}

it("a replay of years ago is of another time than the bots of this week", () => {
  const week = [lived("a", -7, 0), lived("b", -3, -1)];
  expect(otherTimes([...week, lived("past", -3000, -2999)])).toEqual(new Set(["past"]));
  expect(otherTimes(week)).toEqual(new Set());
  expect(otherTimes([])).toEqual(new Set());
});

it("bots that stopped some days before others began are of the same time", () => {
  expect(otherTimes([lived("a", -7, 0), lived("old", -30, -10)])).toEqual(new Set());
  expect(otherTimes([lived("past", -3000, -2999)])).toEqual(new Set());
});
