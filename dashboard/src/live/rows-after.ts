import type {
  AccountLive,
  DecisionRow,
  Executed,
  Mark,
  PositionRow,
  TradeStatus,
} from "@/api/types";
import { mapRows, mergeRows, type Pages, rowKey } from "@/lib/view-models/merge";

/** Decisions with what became of them at the exchange. */
export function executedIn(
  data: Pages<DecisionRow>,
  executions: readonly Executed[],
): Pages<DecisionRow> {
  if (executions.length === 0) return data;
  const known = new Map(executions.map((one) => [one.decision_id, one.execution]));
  return mapRows(data, (row) => {
    const execution = known.get(row.id);
    return execution ? { ...row, execution } : row;
  });
}

/** A list of positions of one status after some were opened or closed. */
export function tradesAfter(
  data: Pages<PositionRow>,
  changed: readonly PositionRow[],
  status: TradeStatus,
): Pages<PositionRow> {
  if (changed.length === 0) return data;
  // Opened and closed in one batch, it is closed.
  const latest = [...new Map(changed.map((row) => [rowKey(row), row])).values()];
  const gone = new Set(
    latest.filter((row) => status !== "all" && row.status !== status).map(rowKey),
  );
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.filter((row) => !gone.has(rowKey(row))),
  }));
  const arrivals = latest.filter((row) => status === "all" || row.status === status);
  return mergeRows({ ...data, pages }, arrivals, status === "closed" ? exitOf : entryOf);
}

const entryOf = (row: PositionRow) => row.entry_time;
const exitOf = (row: PositionRow) => row.exit_time ?? row.entry_time;

/** An open position with the mark, profit and levels of the newest account report on it. */
export function marked(row: PositionRow, accounts: readonly AccountLive[]): PositionRow {
  if (row.status !== "open") return row;
  let now = row;
  for (const account of accounts) {
    const mark = account.positions?.find((one) => one.position_id === row.id);
    const old = now.mark_time && Date.parse(account.time) < Date.parse(now.mark_time);
    if (mark && !old && account.bot_id === row.bot_id) now = withMark(now, mark, account.time);
  }
  return now;
}

function withMark(row: PositionRow, mark: Mark, at: string): PositionRow {
  return {
    ...row,
    mark: mark.mark,
    mark_time: at,
    size: mark.size,
    unrealized_pnl: mark.unrealized_pnl,
    liquidation_price: mark.liquidation_price,
    stop_loss: mark.stop_loss,
    profit_target: mark.profit_target,
  };
}
