import type { BotMetrics, BotRow, DecisionRow } from "@/api/types";

/** Rows for tests, with what each test cares about put in. */
export function botRow(change: Partial<BotRow> & { id: string }): BotRow {
  const { stats, ...rest } = change;
  return {
    name: null,
    mode: "paper",
    decider: null,
    market: null,
    first_seen: "2026-01-01T00:00:00Z",
    last_seen: "2026-01-01T12:00:00Z",
    last_decision_at: null,
    status: null,
    account: null,
    heartbeat_at: null,
    heartbeat_age_seconds: null,
    stale: false,
    return_fraction: null,
    return_base_usd: rest.account?.deposits_usd ?? stats?.first_equity ?? null,
    drawdown_fraction: null,
    win_fraction: null,
    sharpe: null,
    sharpe_days: 0,
    ambiguous: false,
    stats: {
      decisions: 0,
      entries: 0,
      errors: 0,
      rejected: 0,
      open_positions: 0,
      closed_positions: 0,
      wins: 0,
      unreadable: 0,
      ...stats,
    },
    ...rest,
  };
}

export function accountRow(bot_id: string, equity: string, deposits: string | null) {
  return {
    bot_id,
    time: "2026-01-01T12:00:00Z",
    recorded_at: "2026-01-01T12:00:00Z",
    received_at: "2026-01-01T12:00:00Z",
    balance_usd: equity,
    equity_usd: equity,
    unrealized_pnl: "0.10",
    realized_pnl: "0.20",
    total_pnl: "0.30",
    num_positions: 0,
    deposits_usd: deposits,
  };
}

export function decisionRow(change: Partial<DecisionRow> = {}): DecisionRow {
  return {
    id: "d1",
    cursor: "d1",
    bot_id: "bot-a",
    bot_name: "a",
    mode: "paper",
    time: "2026-01-01T12:00:00Z",
    recorded_at: "2026-01-01T12:00:00Z",
    received_at: "2026-01-01T12:00:00Z",
    coin: "BTC",
    signal: "buy_to_enter",
    quantity_usd: "80",
    leverage: "5",
    confidence: "0.7",
    justification: "because",
    ...change,
  };
}

/** Metrics of a bot too young for any figure, with what a test cares about put in. */
export function metricsRow(
  bot_id: string,
  performance: Partial<BotMetrics["performance"]> = {},
): BotMetrics {
  return {
    bot_id,
    bot_name: null,
    brier: null,
    calibration_n: 0,
    net_usd: null,
    performance: {
      days: 0,
      min_days: 30,
      points_n: 0,
      returns_n: 0,
      total_return: null,
      max_drawdown: null,
      drawdown_seconds: null,
      sharpe: null,
      sortino: null,
      cagr: null,
      calmar: null,
      ...performance,
    },
    trades: {
      n: 0,
      closed: 0,
      fees_n: 0,
      fees_usd: null,
      funding_usd: null,
      net_pnl: null,
      wins: 0,
      losses: 0,
      break_evens: 0,
      win_rate: null,
      profit_factor: null,
      expectancy: null,
      median_hold_seconds: null,
      exposure: null,
      turnover: null,
      fee_share: null,
      long_share_time: null,
      long_share_notional: null,
    },
    calibration: [],
    model_cost_usd: null,
    net_after_model_cost: null,
  };
}
