import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "@/api/queries/keys";
import type { BotRow, DecisionRow, Equity, LiveMessage, PositionRow } from "@/api/types";
import type { FeedFilter } from "@/lib/view-models/filter";
import { type Pages, rowsOf } from "@/lib/view-models/merge";
import { announce, patchQuery } from "./apply";
import { batchOf } from "./batch";

/** As what streams in is written where no answer has any of it. */
function applyMessages(client: QueryClient, messages: readonly LiveMessage[]): void {
  const batch = batchOf(messages);
  for (const query of client.getQueryCache().getAll()) patchQuery(client, query, batch);
  announce(client, batch);
}

const ALL: FeedFilter = { bot: null, coin: null, signal: null };

function decision(id: string, time: string, change: Partial<DecisionRow> = {}): DecisionRow {
  const made = { id, cursor: id, bot_id: "bot-a", bot_name: "a", mode: "paper", time } as const;
  return {
    ...made,
    recorded_at: time,
    received_at: time,
    coin: "BTC",
    signal: "hold",
    quantity_usd: "0",
    leverage: "1",
    confidence: "0.5",
    justification: "because",
    ...change,
  };
}

function position(id: string, change: Partial<PositionRow> = {}): PositionRow {
  return {
    id,
    cursor: id,
    bot_id: "bot-a",
    bot_name: "a",
    mode: "paper",
    coin: "BTC",
    side: "long",
    status: "open",
    quantity_usd: "50",
    leverage: "5",
    entry_price: "100",
    entry_time: "2026-01-01T10:00:00Z",
    ...change,
  };
}

const made = (row: DecisionRow): LiveMessage => ({
  kind: "decision",
  cursor: row.cursor,
  bot_id: row.bot_id,
  row,
});

const account = (bot_id: string, time: string, equity: string, positions: unknown = null) =>
  ({
    kind: "account",
    cursor: time,
    bot_id,
    row: {
      bot_id,
      time,
      recorded_at: time,
      received_at: time,
      balance_usd: equity,
      equity_usd: equity,
      unrealized_pnl: "0",
      realized_pnl: "0",
      total_pnl: "0",
      num_positions: 1,
      deposits_usd: "1000",
      positions,
    },
  }) as LiveMessage;

/** A bot with 1,000 USD of base that has reported `deposits`, and a return that was served. */
const botBefore = (deposits: string) => ({
  id: "bot-a",
  last_seen: "2026-01-01T10:00:00Z",
  stats: {},
  account: { deposits_usd: deposits, received_at: "2026-01-01T10:00:00Z" },
  status: null,
  return_base_usd: "1000",
  return_fraction: "0.5",
});

let client: QueryClient;
const feed = (filter = ALL) =>
  rowsOf(client.getQueryData<Pages<DecisionRow>>(keys.feed(filter))).map((row) => row.id);

beforeEach(() => {
  client = new QueryClient();
  client.setQueryData<Pages<DecisionRow>>(keys.feed(ALL), {
    pages: [
      {
        items: [decision("d2", "2026-01-01T10:02:00Z"), decision("d1", "2026-01-01T10:01:00Z")],
        next: "d1",
      },
    ],
    pageParams: [null],
  });
});

describe("decisions that stream in", () => {
  it("go on top, each once, though they arrive twice", () => {
    const message = made(decision("d3", "2026-01-01T10:03:00Z"));
    applyMessages(client, [message, message]);
    applyMessages(client, [message]);
    expect(feed()).toEqual(["d3", "d2", "d1"]);
  });

  it("of a backlog go where their time belongs", () => {
    applyMessages(client, [
      made(decision("d1b", "2026-01-01T10:01:30Z")),
      made(decision("d4", "2026-01-01T10:04:00Z")),
    ]);
    expect(feed()).toEqual(["d4", "d2", "d1b", "d1"]);
  });

  it("older than the last row read wait for their page", () => {
    applyMessages(client, [made(decision("d0", "2026-01-01T09:00:00Z"))]);
    expect(feed()).toEqual(["d2", "d1"]);
  });

  it("reach only the lists whose filter they pass", () => {
    const eth = { ...ALL, coin: "ETH" };
    client.setQueryData(keys.feed(eth), { pages: [{ items: [], next: null }], pageParams: [null] });
    applyMessages(client, [
      made(decision("d3", "2026-01-01T10:03:00Z")),
      made(decision("d4", "2026-01-01T10:04:00Z", { coin: "ETH" })),
    ]);
    expect(feed(eth)).toEqual(["d4"]);
    expect(feed()).toEqual(["d4", "d3", "d2", "d1"]);
  });

  it("get their execution when it comes after them, in the same batch or later", () => {
    const execution = { time: "2026-01-01T10:03:01Z", status: "executed", fill_price: "100" };
    const done = (decision_id: string) =>
      ({
        kind: "execution",
        cursor: "x",
        bot_id: "bot-a",
        row: { decision_id, execution },
      }) as LiveMessage;
    applyMessages(client, [made(decision("d3", "2026-01-01T10:03:00Z")), done("d3"), done("d1")]);
    const rows = rowsOf(client.getQueryData<Pages<DecisionRow>>(keys.feed(ALL)));
    expect(rows.map((row) => row.execution?.status)).toEqual(["executed", undefined, "executed"]);
  });
});

describe("positions that stream in", () => {
  beforeEach(() => {
    for (const status of ["open", "closed"] as const) {
      const items = status === "open" ? [position("p1")] : [];
      client.setQueryData(keys.trades(status, null), {
        pages: [{ items, next: null }],
        pageParams: [null],
      });
    }
  });
  const trades = (status: "open" | "closed") =>
    rowsOf(client.getQueryData<Pages<PositionRow>>(keys.trades(status, null)));

  it("move from the open list to the closed one", () => {
    const row = position("p1", { status: "closed", exit_time: "2026-01-01T11:00:00Z" });
    applyMessages(client, [{ kind: "position_closed", cursor: "c", bot_id: "bot-a", row }]);
    expect(trades("open")).toEqual([]);
    expect(trades("closed")).toEqual([row]);
  });

  it("leave no open one behind when they open and close in one batch", () => {
    const open = position("p2");
    const row = position("p2", { status: "closed", exit_time: "2026-01-01T11:00:00Z" });
    applyMessages(client, [
      { kind: "position_opened", cursor: "c", bot_id: "bot-a", row: open },
      { kind: "position_closed", cursor: "d", bot_id: "bot-a", row },
    ]);
    expect(trades("open").map((one) => one.id)).toEqual(["p1"]);
    expect(trades("closed")).toEqual([row]);
  });

  it("keep those of another bot with the same position id apart", () => {
    const row = position("p1", { bot_id: "bot-b" });
    applyMessages(client, [{ kind: "position_opened", cursor: "c", bot_id: "bot-b", row }]);
    expect(trades("open").map((one) => one.bot_id)).toEqual(["bot-b", "bot-a"]);
  });

  it("take their marks from the account report, never from an older one", () => {
    const mark = (price: string) => [{ position_id: "p1", mark: price, unrealized_pnl: price }];
    applyMessages(client, [account("bot-a", "2026-01-01T10:05:00Z", "1000", mark("105"))]);
    applyMessages(client, [account("bot-a", "2026-01-01T10:04:00Z", "1000", mark("104"))]);
    applyMessages(client, [account("bot-b", "2026-01-01T10:06:00Z", "1000", mark("999"))]);
    expect(trades("open")[0]).toMatchObject({ mark: "105", mark_time: "2026-01-01T10:05:00Z" });
  });
});

describe("accounts and heartbeats that stream in", () => {
  it("renew the bot and its return, and an older one changes nothing", () => {
    client.setQueryData(keys.bots, [botBefore("1000")]);
    applyMessages(client, [account("bot-a", "2026-01-01T10:05:00Z", "1010.10")]);
    applyMessages(client, [account("bot-a", "2026-01-01T10:04:00Z", "900")]);
    const [bot] = client.getQueryData<BotRow[]>(keys.bots) ?? [];
    expect(bot?.account?.equity_usd).toBe("1010.10");
    expect(Number(bot?.return_fraction)).toBe(0.0101);
    expect(bot?.last_seen).toBe("2026-01-01T10:05:00Z");
  });

  it("leave the return to the server once money was moved", () => {
    client.setQueryData(keys.bots, [botBefore("500")]);
    applyMessages(client, [account("bot-a", "2026-01-01T10:05:00Z", "1010.10")]);
    const [bot] = client.getQueryData<BotRow[]>(keys.bots) ?? [];
    expect(bot?.account?.equity_usd).toBe("1010.10");
    expect(bot?.return_fraction).toBe("0.5");
  });

  it("lengthen the equity line by buckets, the last value of a bucket counting", () => {
    const point = { time: "2026-01-01T10:00:00Z", equity: "1000", low: "999", high: "1001" };
    client.setQueryData<Equity>(keys.equity("1h"), {
      bucket_seconds: 60,
      start: point.time,
      end: point.time,
      series: [{ bot_id: "bot-a", bot_name: "a", mode: "paper", points: [point] }],
    });
    applyMessages(client, [
      account("bot-a", "2026-01-01T10:00:30Z", "998.5"),
      account("bot-a", "2026-01-01T10:01:10Z", "1002"),
      account("bot-a", "2026-01-01T10:01:50Z", "1003"),
      account("bot-a", "2026-01-01T09:59:00Z", "1"),
      account("bot-b", "2026-01-01T10:01:00Z", "7"),
    ]);
    const begun = client.getQueryData<Equity>(keys.equity("1h"))?.series[1];
    expect(begun).toMatchObject({ bot_id: "bot-b", points: [{ equity: "7" }] });
    const points = client.getQueryData<Equity>(keys.equity("1h"))?.series[0]?.points;
    expect(points).toEqual([
      { ...point, equity: "998.5", low: "998.5" },
      { time: "2026-01-01T10:01:00.000Z", equity: "1003", low: "1002", high: "1003" },
    ]);
  });

  it("give the curve of one bot no line of another", () => {
    const point = { time: "2026-01-01T10:00:00Z", equity: "1000", low: "999", high: "1001" };
    const key = keys.botEquity("1h", "bot-a");
    client.setQueryData<Equity>(key, {
      bucket_seconds: 60,
      start: point.time,
      end: point.time,
      series: [{ bot_id: "bot-a", bot_name: "a", mode: "paper", points: [point] }],
    });
    applyMessages(client, [account("bot-b", "2026-01-01T10:01:00Z", "7")]);
    expect(client.getQueryData<Equity>(key)?.series.map((one) => one.bot_id)).toEqual(["bot-a"]);
  });
});
