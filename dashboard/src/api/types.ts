import type { components } from "./schema";

type Schemas = components["schemas"];

export type BotRow = Schemas["BotView"];
export type StatusRow = Schemas["StatusRow"];
export type AccountRow = Schemas["AccountRow"];
export type AccountLive = Schemas["AccountLive"];
export type Mark = Schemas["Mark"];
export type DecisionRow = Schemas["DecisionRow"];
export type DecisionDetail = Schemas["DecisionDetail"];
export type Executed = Schemas["Executed"];
export type Execution = Schemas["Execution"];
export type Verdict = Schemas["Verdict"];
export type PositionRow = Schemas["PositionRow"];
export type Equity = Schemas["Equity"];
export type EquitySeries = Schemas["EquitySeries"];
export type EquityPoint = Schemas["EquityPoint"];
export type TextSlice = Schemas["TextSlice"];
export type BotMetrics = Schemas["BotMetrics"];
export type ErrorGroup = Schemas["ErrorGroup"];
export type ErrorGroups = Schemas["ErrorGroups"];
export type Comparison = Schemas["Comparison"];
export type TradeDetail = Schemas["TradeDetail"];
export type FillRow = Schemas["FillRow"];
export type FundingRow = Schemas["FundingRow"];
export type Candle = Schemas["Candle"];
export type Outcome = Schemas["Outcome"];
export type StoreBill = Schemas["StoreBill"];
export type Mode = BotRow["mode"];
export type Signal = DecisionRow["signal"];

/** What the stream brings; a fill or a funding payment changes nothing that is shown here. */
export type LiveMessage =
  | Schemas["LiveDecision"]
  | Schemas["LiveExecution"]
  | Schemas["LivePosition"]
  | Schemas["LiveAccount"]
  | Schemas["LiveStatus"]
  /** Ingest refused something: no event, so it has no row; the list of errors has grown. */
  | { kind: "rejected" };

/** The long texts that are fetched apart, in parts. */
export type TextField = "system_prompt" | "user_prompt" | "raw_response" | "analysis" | "thinking";
export type Range = "1h" | "1d" | "1w" | "1m" | "1y" | "all";
export type TradeStatus = "open" | "closed" | "all";
