import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { keys } from "@/api/queries/keys";
import type { DecisionRow, LiveMessage } from "@/api/types";
import { decisionRow } from "@/lib/view-models/fixtures";
import type { Pages } from "@/lib/view-models/merge";
import { applyMessages } from "./apply";
import { makeUpForReads } from "./in-flight";

const KEY = [...keys.feeds, { bot: null, coin: null, signal: null }];

function message(id: string): LiveMessage {
  return { kind: "decision", id, row: decisionRow({ id }) } as never;
}

function page(...ids: string[]): Pages<DecisionRow> {
  const items = ids.map((id) => decisionRow({ id }));
  return { pages: [{ items, next: null }], pageParams: [null] } as never;
}

/** A tab that reads its feed, with a say in when the answer comes. */
function tab() {
  const client = new QueryClient();
  const reads = makeUpForReads(client);
  const read = () => {
    let answer: (rows: Pages<DecisionRow>) => void = () => undefined;
    const waiting = new Promise<Pages<DecisionRow>>((done) => {
      answer = done;
    });
    const over = client.fetchQuery({ queryKey: KEY, queryFn: () => waiting, staleTime: 0 });
    return async (...ids: string[]) => {
      answer(page(...ids));
      await over;
      await Promise.resolve();
    };
  };
  const hear = (one: LiveMessage) => {
    applyMessages(client, [one]);
    reads.heard([one]);
  };
  const shown = () =>
    client
      .getQueryData<Pages<DecisionRow>>(KEY)
      ?.pages.flatMap((one) => one.items.map((r) => r.id));
  return { read, hear, shown, stop: reads.stop };
}

describe("what streams in during a reading", () => {
  it("is on the screen though the first answer does not have it", async () => {
    const { read, hear, shown } = tab();
    const answered = read();
    hear(message("new"));
    expect(shown()).toBeUndefined();
    await answered("old");
    expect(shown()?.toSorted()).toEqual(["new", "old"]);
  });

  it("is not taken off again by an answer that was on its way", async () => {
    const { read, hear, shown } = tab();
    await read()("old");
    const answered = read();
    hear(message("new"));
    await answered("old");
    expect(shown()?.toSorted()).toEqual(["new", "old"]);
  });

  it("stands there once when the answer has it too, and is not kept for later readings", async () => {
    const { read, hear, shown } = tab();
    const answered = read();
    hear(message("new"));
    await answered("new", "old");
    expect(shown()?.toSorted()).toEqual(["new", "old"]);
    await read()("old");
    expect(shown()).toEqual(["old"]);
  });

  it("is left alone once the tab has gone", async () => {
    const { read, hear, shown, stop } = tab();
    const answered = read();
    stop();
    hear(message("new"));
    await answered("old");
    expect(shown()).toEqual(["old"]);
  });
});
