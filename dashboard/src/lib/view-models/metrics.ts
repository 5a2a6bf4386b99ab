import type { BotMetrics } from "@/api/types";
import { definitionOf } from "./definitions";
import { cost, decimal, duration, percent, UNKNOWN, usd } from "./format-number";

/** Money comes as decimal text, ratios as numbers. */
export type Amount = string | number | null;

/** A figure with the size of the sample it stands on, where it has one. */
export type Measured = { text: string; n: number | null; exact: string | null };

export type MetricRow = {
  key: string;
  name: string;
  /** What it means, for its hover. */
  title?: string;
  group: "Return" | "Trades" | "Share" | "Cost";
  /** Something won or lost, which is coloured. */
  tone?: "usd" | "percent";
  of: (one: BotMetrics) => Measured;
};

/** The text of an amount, for the formatters. */
export function exactOf(amount: Amount | undefined): string | null {
  return amount === null || amount === undefined ? null : String(amount);
}

type Form = (exact: string | null) => string;

const signedPercent: Form = (exact) => percent(exact);
const plainPercent: Form = (exact) => percent(exact, { signed: false, places: 1 });
const ratio: Form = (exact) => decimal(exact);
const dollars: Form = (exact) => usd(exact, { signed: true });
const costs: Form = (exact) => cost(exact);
const seconds: Form = (exact) => {
  if (exact === null) return UNKNOWN;
  return Number(exact) === 0 ? "none" : duration(Number(exact) * 1000);
};

type Pick = (one: BotMetrics) => Amount | undefined;
type Size = (one: BotMetrics) => number;

function row(
  group: MetricRow["group"],
  name: string,
  pick: Pick,
  form: Form,
  { n, title }: { n?: Size; title?: string } = {},
): MetricRow {
  const of = (one: BotMetrics): Measured => {
    const exact = exactOf(pick(one));
    return { text: form(exact), n: n ? n(one) : null, exact };
  };
  const tone = form === dollars ? "usd" : name === "return" ? "percent" : undefined;
  return { key: name, name, title: title ?? definitionOf(name), group, tone, of };
}

/** One interval of stated confidence: what was stated, what came true, of how many trades. */
export type Bin = { low: number; high: number; text: string };

/** The intervals that any of these bots' calibrations has, and each bot's cell in them. */
export function calibrationOf(metrics: readonly BotMetrics[]) {
  const bins = new Map<string, Bin>();
  const cells = new Map<string, BotMetrics["calibration"][number]>();
  for (const one of metrics) {
    for (const bin of one.calibration) {
      const text = `${whole(bin.low)} to ${whole(bin.high)}`;
      if (bin.n > 0) bins.set(text, { low: bin.low, high: bin.high, text });
      cells.set(`${one.bot_id} ${text}`, bin);
    }
  }
  const rows = [...bins.values()].sort((a, b) => a.low - b.low);
  return { rows, cellOf: (row: Bin, botId: string) => cells.get(`${botId} ${row.text}`) };
}

/** A share as whole per cent. */
export function whole(fraction: number | null | undefined): string {
  return percent(exactOf(fraction), { signed: false, places: 0 });
}

const days: Size = (one) => one.performance.returns_n;
const trades: Size = (one) => one.trades.n;
const yearly = "Over a year, from daily closes in UTC; hidden while the days are too few";

/** Every figure that the server counts, in the order in which they are shown. */
export const METRIC_ROWS: readonly MetricRow[] = [
  row("Return", "return", (one) => one.performance.total_return, signedPercent),
  row("Return", "max drawdown", (one) => one.performance.max_drawdown, signedPercent),
  row("Return", "longest drawdown", (one) => one.performance.drawdown_seconds, seconds),
  row("Return", "Sharpe", (one) => one.performance.sharpe, ratio, { n: days, title: yearly }),
  row("Return", "Sortino", (one) => one.performance.sortino, ratio, { n: days, title: yearly }),
  row("Return", "Calmar", (one) => one.performance.calmar, ratio, { n: days, title: yearly }),
  row("Return", "CAGR", (one) => one.performance.cagr, signedPercent, { n: days, title: yearly }),
  row("Trades", "net of trades", (one) => one.trades.net_pnl, dollars, { n: trades }),
  row("Trades", "win rate", (one) => one.trades.win_rate, plainPercent, {
    n: trades,
    title: "Break-evens count as trades, not as wins",
  }),
  row("Trades", "profit factor", (one) => one.trades.profit_factor, ratio, {
    n: trades,
    title: "What the winners won over what the losers lost",
  }),
  row("Trades", "expectancy", (one) => one.trades.expectancy, dollars, {
    n: trades,
    title: "Net profit of a trade on average",
  }),
  row("Trades", "median hold", (one) => one.trades.median_hold_seconds, seconds, { n: trades }),
  row("Share", "exposure", (one) => one.trades.exposure, plainPercent, {
    title: "Share of the time with a position open",
  }),
  row("Share", "long, by time", (one) => one.trades.long_share_time, plainPercent),
  row("Share", "long, by notional", (one) => one.trades.long_share_notional, plainPercent),
  row("Share", "turnover", (one) => one.trades.turnover, ratio, {
    title: "Notional traded over the mean equity",
  }),
  row("Cost", "fees of gross", (one) => one.trades.fee_share, plainPercent),
  row("Cost", "net", (one) => one.net_usd, dollars, { title: "Equity less deposits" }),
  row("Cost", "model cost", (one) => one.model_cost_usd, costs),
  row("Cost", "net after model cost", (one) => one.net_after_model_cost, dollars, {
    title: "Profit less what the model's calls have cost",
  }),
];
