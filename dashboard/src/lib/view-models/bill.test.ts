import { expect, test } from "vitest";
import type { StoreBill } from "@/api/types";
import { billLines, billWarning } from "./bill";

const BILL: StoreBill = {
  paid: true,
  day: "2026-01-02",
  reads: 61_000,
  writes: 9_000,
  deletes: 0,
  free_reads: 50_000,
  free_writes: 20_000,
  cost_usd: "0.0066",
  budget_usd: null,
  state: "exceeded",
};

test("a bill says what was used, what is free, and what it costs", () => {
  expect(billLines(BILL).map(({ name, text }) => `${name}: ${text}`)).toEqual([
    "reads: 61,000 of 50,000 free",
    "writes: 9,000 of 20,000 free",
    "deletes: 0",
    "cost: $0.0066",
    "budget: nothing beyond the free quota",
  ]);
  expect(billLines({ ...BILL, budget_usd: "0.5" })[4]?.text).toBe("$0.5 a day");
});

test("a store that costs nothing has no bill", () => {
  expect(billLines({ paid: false })).toEqual([]);
});

test("a budget that is used up says what becomes slower, and what does not", () => {
  expect(billWarning(BILL)).toContain("kept as always");
  expect(billWarning({ ...BILL, state: "warning" })).toContain("Most");
  expect(billWarning({ ...BILL, state: "ok" })).toBeNull();
});
