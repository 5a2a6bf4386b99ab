import type { StoreBill } from "@/api/types";

/** The lines of a day's bill; none for a store that costs nothing. */
export function billLines(bill: StoreBill): { name: string; text: string }[] {
  if (!bill.paid) return [];
  const budget =
    bill.budget_usd == null ? "nothing beyond the free quota" : `$${bill.budget_usd} a day`;
  return [
    { name: "reads", text: used(bill.reads, bill.free_reads) },
    { name: "writes", text: used(bill.writes, bill.free_writes) },
    { name: "deletes", text: count(bill.deletes) },
    { name: "cost", text: bill.cost_usd == null ? "—" : `$${bill.cost_usd}` },
    { name: "budget", text: budget },
  ];
}

/** What to say when the budget is nearly or wholly used; null while it is not. */
export function billWarning(bill: StoreBill): string | null {
  if (bill.state === "warning") return "Most of today’s budget is used.";
  if (bill.state !== "exceeded") return null;
  return "Today’s budget is used up: live updates come more seldom. What bots record is kept as always.";
}

function used(value: number | null | undefined, free: number | null | undefined): string {
  return free == null ? count(value) : `${count(value)} of ${count(free)} free`;
}

function count(value: number | null | undefined): string {
  return value == null ? "—" : value.toLocaleString("en-US");
}
