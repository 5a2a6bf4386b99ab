import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/queries/keys";
import { decisionRow } from "@/shape/fixtures";
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
});
