import type { BotRow, PositionRow } from "@/api/types";
import { hasTags, tagsOf } from "./tags";

/** Which positions are shown; an empty text is any. */
export type TradeFilter = {
  coin: string;
  side: "any" | PositionRow["side"];
  why: string;
  of: string;
  tags: readonly string[];
};

type Bots = ReadonlyMap<string, BotRow>;

export function filtered(
  rows: readonly PositionRow[],
  wanted: TradeFilter,
  bots: Bots,
): PositionRow[] {
  return rows.filter(
    (row) =>
      (wanted.coin === "" || row.coin === wanted.coin) &&
      (wanted.side === "any" || row.side === wanted.side) &&
      (wanted.why === "" || (row.reason ?? "unknown") === wanted.why) &&
      (wanted.of === "" || row.bot_id === wanted.of) &&
      hasTags(bots.get(row.bot_id), wanted.tags),
  );
}

const COLUMNS = [
  "id",
  "bot_id",
  "bot_name",
  "mode",
  "coin",
  "side",
  "status",
  "quantity_usd",
  "leverage",
  "size",
  "entry_price",
  "entry_time",
  "mark",
  "unrealized_pnl",
  "stop_loss",
  "profit_target",
  "liquidation_price",
  "exit_price",
  "exit_time",
  "gross_pnl",
  "fees_usd",
  "funding_usd",
  "realized_pnl",
  "reason",
] as const satisfies readonly (keyof PositionRow)[];

/** These say what they are counted in. */
const NAMED: Partial<Record<(typeof COLUMNS)[number], string>> = {
  quantity_usd: "margin_usd",
  unrealized_pnl: "unrealized_pnl_usd",
  gross_pnl: "gross_pnl_usd",
  realized_pnl: "net_pnl_usd",
};

/** The rows as CSV, as exact as they came. A text is never a formula to a spreadsheet. */
export function csvOf(rows: readonly PositionRow[], bots: Bots): string {
  const head = [...COLUMNS.map((name) => NAMED[name] ?? name), "tags"].join(",");
  const lines = rows.map((row) =>
    [...COLUMNS.map((name) => cell(row[name])), cell(tagsOf(bots.get(row.bot_id)).join(" "))].join(
      ",",
    ),
  );
  return `${[head, ...lines].join("\r\n")}\r\n`;
}

function cell(value: string | null | undefined): string {
  const text = value ?? "";
  const isNumber = /^-?\d[\d.]*(?:[eE][-+]?\d+)?$/.test(text);
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
