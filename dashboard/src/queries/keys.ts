import type { Range, TextField, TradeStatus } from "@/api/types";
import type { FeedFilter } from "@/shape/filter";

/** Every key of the query cache, so that the live stream patches what the hooks read. */
export const keys = {
  bots: ["bots"] as const,
  feeds: ["feed"] as const,
  feed: (filter: FeedFilter) => ["feed", filter] as const,
  allTrades: ["trades"] as const,
  trades: (status: TradeStatus, bot: string | null) => ["trades", status, bot] as const,
  equities: ["equity"] as const,
  equity: (range: Range) => ["equity", range] as const,
  decisions: ["decision"] as const,
  decision: (id: string) => ["decision", id] as const,
  text: (id: string, field: TextField) => ["text", id, field] as const,
};
