import type { Range, TextField, TradeStatus } from "@/api/types";
import type { ErrorFilter } from "@/lib/view-models/error-groups";
import type { FeedFilter } from "@/lib/view-models/filter";

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
  allMetrics: ["metrics"] as const,
  metrics: (bots: readonly string[] | null) => ["metrics", bots] as const,
  allErrorGroups: ["error-groups"] as const,
  errorGroups: (filter: ErrorFilter) => ["error-groups", filter] as const,
  comparisons: ["comparison"] as const,
  comparison: (ids: readonly string[], range: Range) => ["comparison", ids, range] as const,
  shares: ["shares"] as const,
  session: ["session"] as const,
  readiness: ["readiness"] as const,
  bill: ["bill"] as const,
  text: (id: string, field: TextField) => ["text", id, field] as const,
  botEquity: (range: Range, bot: string) => ["equity", range, bot] as const,
  trade: (bot: string, id: string) => ["trade", bot, id] as const,
  candles: (bot: string, coin: string, start: string, end: string | null) =>
    ["candles", bot, coin, start, end] as const,
  outcome: (id: string) => ["outcome", id] as const,
  earlier: (id: string) => ["earlier", id] as const,
  difference: (id: string, other: string, field: TextField) =>
    ["difference", id, other, field] as const,
  commands: (bot: string) => ["commands", bot] as const,
  log: (bot: string) => ["log", bot] as const,
  allAnswers: ["answers"] as const,
  answers: (bot: string) => ["answers", bot] as const,
  hold: (coin: string, range: Range) => ["hold", coin, range] as const,
  breakdowns: ["breakdown"] as const,
  breakdown: (bot: string, zone: string) => ["breakdown", bot, zone] as const,
  botConfig: (bot: string) => ["bot-config", bot] as const,
};
