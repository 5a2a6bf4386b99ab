import type { PositionRow } from "@/api/types";

/** A position for tests, with what each test cares about put in. */
export function positionRow(change: Partial<PositionRow> = {}): PositionRow {
  return {
    id: "p1",
    cursor: "p1",
    bot_id: "bot-a",
    bot_name: "a",
    mode: "paper",
    coin: "BTC",
    side: "long",
    status: "open",
    quantity_usd: "20",
    leverage: "5",
    entry_price: "100",
    entry_time: "2026-01-01T12:00:00Z",
    ...change,
  };
}
