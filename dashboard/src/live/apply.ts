import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/queries/keys";
import type {
  AccountLive,
  BotRow,
  DecisionDetail,
  DecisionRow,
  Equity,
  LiveMessage,
  PositionRow,
} from "@/api/types";
import { withPoint } from "@/lib/view-models/equity";
import { type FeedFilter, passes } from "@/lib/view-models/filter";
import { mapRows, mergeRows, type Pages } from "@/lib/view-models/merge";
import { type Batch, batchOf } from "./batch";
import { botsAfter } from "./bots-after";
import { executedIn, marked, tradesAfter } from "./rows-after";

/** Writes what streamed in into the query cache. Applying a message twice changes nothing. */
export function applyMessages(client: QueryClient, messages: readonly LiveMessage[]): void {
  const batch = batchOf(messages);
  client.setQueryData<BotRow[]>(keys.bots, (bots) => bots && botsAfter(bots, batch));
  patchFeeds(client, batch);
  patchTrades(client, batch);
  patchEquity(client, batch.accounts);
  for (const bot of new Set(batch.commands)) {
    void client.invalidateQueries({ queryKey: keys.commands(bot) });
  }
  for (const bot of new Set(batch.logs)) {
    void client.invalidateQueries({ queryKey: keys.log(bot) });
  }
  for (const { decision_id, execution } of batch.executions) {
    client.setQueryData<DecisionDetail>(
      keys.decision(decision_id),
      (detail) => detail && { ...detail, execution },
    );
  }
}

function patchFeeds(client: QueryClient, batch: Batch): void {
  if (batch.decisions.length + batch.executions.length === 0) return;
  for (const [key, data] of client.getQueriesData<Pages<DecisionRow>>({ queryKey: keys.feeds })) {
    if (!data) continue;
    const filter = key[1] as FeedFilter;
    const arrivals = batch.decisions.filter((row) => passes(row, filter));
    const merged = mergeRows(data, arrivals, (row) => row.received_at);
    client.setQueryData(key, executedIn(merged, batch.executions));
  }
}

function patchTrades(client: QueryClient, batch: Batch): void {
  if (batch.positions.length + batch.accounts.length === 0) return;
  type Data = Pages<PositionRow>;
  for (const [key, data] of client.getQueriesData<Data>({ queryKey: keys.allTrades })) {
    if (!data) continue;
    const [, status, bot] = key as ReturnType<typeof keys.trades>;
    const ours = batch.positions.filter((row) => bot === null || row.bot_id === bot);
    const after = tradesAfter(data, ours, status);
    client.setQueryData(
      key,
      mapRows(after, (row) => marked(row, batch.accounts)),
    );
  }
}

function patchEquity(client: QueryClient, accounts: readonly AccountLive[]): void {
  if (accounts.length === 0) return;
  for (const [key, data] of client.getQueriesData<Equity>({ queryKey: keys.equities })) {
    if (!data) continue;
    const bot = key[2];
    const ours = accounts.filter((one) => bot === undefined || one.bot_id === bot);
    if (ours.length === 0) continue;
    const series = ours.reduce<Equity["series"]>(
      (now, account) => withPoint(now, account, data.bucket_seconds),
      data.series,
    );
    client.setQueryData<Equity>(key, { ...data, series });
  }
}
