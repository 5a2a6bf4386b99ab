import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/api/queries/keys";
import type { FeedFilter } from "@/lib/view-models/filter";
import { botRow, decisionRow } from "@/lib/view-models/fixtures";
import { batchOf } from "./batch";
import { paced, rereadAfterEvents } from "./reread";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("reading totals again", () => {
  it("happens at once and then at most once in its time, however many events come", () => {
    const act = vi.fn();
    const { soon, stop } = paced(act, 1000);
    for (let n = 0; n < 50; n += 1) soon();
    expect(act).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(act).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledTimes(2);
    soon();
    soon();
    stop();
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledTimes(3);
  });

  it("is never because of time alone, and of errors only after one", () => {
    const client = new QueryClient();
    const invalidate = vi.spyOn(client, "invalidateQueries");
    const asked = () => invalidate.mock.calls.map(([filters]) => filters?.queryKey);
    const reread = rereadAfterEvents(client);
    vi.advanceTimersByTime(120_000);
    expect(invalidate).not.toHaveBeenCalled();
    reread.after(batchOf([{ kind: "decision", id: "1", row: decisionRow() }] as never));
    expect(asked()).toContainEqual(keys.bots);
    expect(asked()).not.toContainEqual(keys.allErrorGroups);
    const verdict = { allowed: false, rule: "max_leverage" } as never;
    const row = decisionRow({ id: "d2", verdict });
    reread.after(batchOf([{ kind: "decision", id: "2", row }] as never));
    expect(asked()).toContainEqual(keys.allErrorGroups);
  });

  it("follows a refusal of ingest, which is no event", () => {
    const client = new QueryClient();
    const invalidate = vi.spyOn(client, "invalidateQueries");
    rereadAfterEvents(client).after(batchOf([{ kind: "rejected" }]));
    expect(invalidate.mock.calls.map(([filters]) => filters?.queryKey)).toEqual([
      keys.allErrorGroups,
    ]);
  });

  it("follows the first heartbeat of a bot that no list knows, and not the next ones", () => {
    const client = new QueryClient();
    client.setQueryData(keys.bots, [botRow({ id: "known" })]);
    const invalidate = vi.spyOn(client, "invalidateQueries");
    const reread = rereadAfterEvents(client);
    const heartbeat = (bot_id: string) =>
      batchOf([{ kind: "status", row: { bot_id, status: "running" } }] as never);
    reread.after(heartbeat("known"));
    expect(invalidate).not.toHaveBeenCalled();
    reread.after(heartbeat("new"));
    expect(invalidate.mock.calls.map(([filters]) => filters?.queryKey)).toEqual([keys.bots]);
  });

  it("follows an execution only in lists of what was executed", () => {
    const client = new QueryClient();
    const all: FeedFilter = { bot: null, coin: null, signal: null };
    client.setQueryData(keys.feed(all), 1);
    client.setQueryData(keys.feed({ ...all, executed: true }), 1);
    const row = { decision_id: "d", execution: { status: "executed" } };
    rereadAfterEvents(client).after(batchOf([{ kind: "execution", row }] as never));
    const stale = (filter: FeedFilter) => client.getQueryState(keys.feed(filter))?.isInvalidated;
    expect([stale(all), stale({ ...all, executed: true })]).toEqual([false, true]);
  });
});
