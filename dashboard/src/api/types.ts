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
export type Breakdown = Schemas["Breakdown"];
export type TradeGroup = Schemas["TradeGroup"];
export type TradeDay = Schemas["TradeDay"];
export type TradeBin = Schemas["TradeBin"];
export type EventRow = Schemas["EventRow"];
export type Hold = Schemas["Hold"];
export type StoreBill = Schemas["StoreBill"];
export type ShareRow = Schemas["ShareView"];
export type BotLog = Schemas["BotLogView"];
export type LogLine = Schemas["LogLineView"];
export type CommandRow = Schemas["CommandView"];
export type CommandName = Schemas["IssuedCommand"]["name"];
export type Mode = BotRow["mode"];
export type Signal = DecisionRow["signal"];

/** What the stream brings; a fill or a funding payment changes nothing that is shown here. */
export type LiveMessage =
  | Schemas["LiveDecision"]
  | Schemas["LiveExecution"]
  | Schemas["LivePosition"]
  | Schemas["LiveAccount"]
  | Schemas["LiveStatus"]
  /** A command to a bot has come further; its bot's list of commands says how far. */
  | { kind: "command"; bot_id: string }
  /** A bot's log has grown: no event either. */
  | { kind: "log"; bot_id: string }
  /** Ingest refused something: no event, so it has no row; the list of errors has grown. */
  | { kind: "rejected" };

/** The long texts that are fetched apart, in parts. */
export type TextField = "system_prompt" | "user_prompt" | "raw_response" | "analysis" | "thinking";
export type Range = "1h" | "1d" | "1w" | "1m" | "1y" | "all";
export type TradeStatus = "open" | "closed" | "all";
