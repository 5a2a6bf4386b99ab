import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "@/api/queries/keys";
import type { BotRow, DecisionDetail, DecisionRow, Equity, PositionRow } from "@/api/types";
import { withPoint } from "@/lib/view-models/equity";
import { type FeedFilter, passes } from "@/lib/view-models/filter";
import { mapRows, mergeRows, type Pages } from "@/lib/view-models/merge";
import { type Batch, isEmpty } from "./batch";
import { botsAfter } from "./bots-after";
import { executedIn, marked, tradesAfter } from "./rows-after";

type Patch = (data: never, batch: Batch, key: QueryKey) => unknown;

/** How what streams in changes the data of a query, by the first part of its key. */
const PATCHES: Readonly<Record<string, Patch>> = {
  bots: (bots: BotRow[], batch) => botsAfter(bots, batch),
  feed: feedAfter,
  trades: listAfter,
  equity: equityAfter,
  decision: detailAfter,
};

/** Whether what streams in is written into the data of a query. */
export function isPatched(key: QueryKey): boolean {
  return String(key[0]) in PATCHES;
}

/** Writes what streamed in into the data of one query. Applying it twice changes nothing. */
export function patchQuery(client: QueryClient, query: Query, batch: Batch): void {
  const { queryKey, state } = query;
  const patch = PATCHES[String(queryKey[0])];
  if (!patch || state.data === undefined || isEmpty(batch)) return;
  const data = patch(state.data as never, batch, queryKey);
  if (data !== state.data) client.setQueryData(queryKey, data);
}

/** Has read again what the stream only says has changed. */
export function announce(client: QueryClient, batch: Batch): void {
  for (const bot of new Set(batch.commands)) {
    void client.invalidateQueries({ queryKey: keys.commands(bot) });
  }
  for (const bot of new Set(batch.logs)) {
    void client.invalidateQueries({ queryKey: keys.log(bot) });
  }
}

function feedAfter(data: Pages<DecisionRow>, batch: Batch, key: QueryKey) {
  if (batch.decisions.length + batch.executions.length === 0) return data;
  const filter = key[1] as FeedFilter;
  const arrivals = batch.decisions.filter((row) => passes(row, filter));
  const merged = mergeRows(data, arrivals, (row) => row.received_at);
  return executedIn(merged, batch.executions);
}

function listAfter(data: Pages<PositionRow>, batch: Batch, key: QueryKey) {
  if (batch.positions.length + batch.accounts.length === 0) return data;
  const [, status, bot] = key as ReturnType<typeof keys.trades>;
  const ours = batch.positions.filter((row) => bot === null || row.bot_id === bot);
  return mapRows(tradesAfter(data, ours, status), (row) => marked(row, batch.accounts));
}

function equityAfter(data: Equity, batch: Batch, key: QueryKey) {
  const bot = key[2];
  const ours = batch.accounts.filter((one) => bot === undefined || one.bot_id === bot);
  if (ours.length === 0) return data;
  const series = ours.reduce<Equity["series"]>(
    (now, account) => withPoint(now, account, data.bucket_seconds),
    data.series,
  );
  return { ...data, series };
}

function detailAfter(detail: DecisionDetail, batch: Batch, key: QueryKey) {
  const executed = batch.executions.filter((one) => one.decision_id === key[1]).at(-1);
  return executed ? { ...detail, execution: executed.execution } : detail;
}
