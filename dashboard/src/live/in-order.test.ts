import { InfiniteQueryObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/api/queries/keys";
import { noteAnswer, sayHeard } from "@/api/read-at";
import type { DecisionRow, LiveMessage, PositionRow } from "@/api/types";
import { decisionRow } from "@/lib/view-models/fixtures";
import { type Pages, rowsOf } from "@/lib/view-models/merge";
import { isEmpty } from "./batch";
import { compareCursors } from "./cursors";
import type { Heard } from "./history";
import { AGAIN_AFTER, applyInOrder } from "./in-order";

const FEED = keys.feed({ bot: null, coin: null, signal: null });
const OPEN = keys.trades("open", null);
const QUERIES = [FEED, OPEN];
const CURSOR = "motherhaven-cursor";
type Rows = Pages<DecisionRow | PositionRow>;

/** Numbers from 0 to below 1, always the same ones. */
function dice(seed: number): () => number {
  let now = seed * 2654435761;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const timeOf = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();

/** The server: a log of decisions and positions, what lists show of it, and its cursors. */
function server(roll: () => number, sealed: boolean) {
  const log: Heard[] = [];
  const opened: string[] = [];
  const numbers = new Map<string, number>();
  let sent = 0;

  /** A cursor as the caller is given it: sealed ones are never alike. */
  const cursor = (n: number): string => {
    if (!sealed) return `abc-${n}`;
    sent += 1;
    const text = `sealed:${sent}`;
    numbers.set(text, n);
    return text;
  };
  const position = (id: string, n: number, status: "open" | "closed") =>
    ({
      id,
      bot_id: "b",
      cursor: id,
      status,
      entry_time: timeOf(n),
      exit_time: null,
    }) as PositionRow;
  const commit = () => {
    const n = log.length + 1;
    const closes = opened.length > 0 && roll() < 0.4 ? opened.shift() : undefined;
    let kind: LiveMessage["kind"] = "decision";
    let row: unknown = decisionRow({ id: `d${n}`, cursor: `d${n}`, received_at: timeOf(n) });
    if (closes !== undefined) {
      kind = "position_closed";
      row = position(closes, Number(closes.slice(1)), "closed");
    } else if (roll() < 0.5) {
      opened.push(`p${n}`);
      kind = "position_opened";
      row = position(`p${n}`, n, "open");
    }
    const id = cursor(n);
    log.push({ id, message: { kind, cursor: id, bot_id: "b", row } as LiveMessage });
  };
  /** What a list shows once the first `n` events are kept. */
  const ids = (key: readonly unknown[], n: number): string[] => rows(key, n).map((row) => row.id);
  const rows = (key: readonly unknown[], n: number): (DecisionRow | PositionRow)[] => {
    const found = new Map<string, DecisionRow | PositionRow>();
    for (const { message: one } of log.slice(0, n)) {
      if (key === FEED && one.kind === "decision") found.set(one.row.id, one.row);
      if (key === OPEN && one.kind === "position_opened") found.set(one.row.id, one.row);
      if (key === OPEN && one.kind === "position_closed") found.delete(one.row.id);
    }
    return [...found.values()].reverse();
  };
  /** The cursor of an answer read at `n`, for who has heard `heard`. */
  const told = (n: number, heard: string | null): string => {
    const place = heard === null ? undefined : numbers.get(heard);
    return heard !== null && place !== undefined && place <= n ? heard : cursor(n);
  };
  return { log, commit, rows, ids, cursor, told };
}

type Pending = { key: readonly unknown[]; done: () => void; read: () => void };

/** A page with two lists open, whose answers and stream come when the test says so. */
function page(roll: () => number, sealed: boolean, most: number) {
  const made = server(roll, sealed);
  const client = new QueryClient({
    defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: false } },
  });
  const inOrder = applyInOrder(client, most);
  const pending: Pending[] = [];
  /** Up to which event each list must show things, exactly; unknown before its first answer. */
  const readAt = new Map<readonly unknown[], number>();
  let heard = 0;
  let start: number | null = null;
  let lag = 0;

  const ask = (key: readonly unknown[], signal: AbortSignal): Promise<Rows["pages"][number]> => {
    const request = new Request("http://page/");
    sayHeard(request);
    let answer = { n: -1, items: made.rows(key, 0), cursor: "" };
    return new Promise((done, fail) => {
      const one: Pending = {
        key,
        read: () => {
          if (answer.n >= 0) return;
          const n = Math.max(0, made.log.length - lag);
          const header = request.headers.get("motherhaven-heard");
          answer = { n, items: made.rows(key, n), cursor: made.told(n, header) };
        },
        done: () => {
          one.read();
          pending.splice(pending.indexOf(one), 1);
          noteAnswer(key, new Response(null, { headers: { [CURSOR]: answer.cursor } }));
          readAt.set(key, answer.n);
          done({ items: answer.items as never, next: null });
        },
      };
      pending.push(one);
      signal.addEventListener("abort", () => {
        const place = pending.indexOf(one);
        if (place >= 0) pending.splice(place, 1);
        fail(new Error("nobody waits"));
      });
    });
  };
  const observers = QUERIES.map((queryKey) => {
    const observer = new InfiniteQueryObserver(client, {
      queryKey,
      initialPageParam: null,
      queryFn: ({ signal }) => ask(queryKey, signal),
      getNextPageParam: () => null,
    });
    return observer.subscribe(() => undefined);
  });
  const pick = () => pending[Math.floor(roll() * pending.length)];
  const steps = {
    commit: made.commit,
    begin: () => {
      if (start === null) start = heard = made.log.length;
      inOrder.begin(made.log[heard - 1]?.id ?? made.cursor(heard));
    },
    stream: () => {
      if (start === null) return;
      const upTo = Math.min(made.log.length, heard + 1 + Math.floor(roll() * 3));
      const news = made.log.slice(heard, upTo);
      heard = upTo;
      inOrder.hear(news);
    },
    again: () => {
      // What was heard already comes once more, as after another tab has taken over.
      const from = Math.max(start ?? 0, heard - 2);
      if (start === null || sealed) return;
      const news = made.log.slice(from, heard);
      expect(isEmpty(inOrder.hear(news))).toBe(true);
    },
    reset: () => {
      if (start === null) return;
      start = heard = made.log.length;
      inOrder.restart(made.cursor(start));
      void client.invalidateQueries();
    },
    ask: () => void client.invalidateQueries({ queryKey: QUERIES[roll() < 0.5 ? 0 : 1] }),
    read: () => pick()?.read(),
    answer: () => pick()?.done(),
    behind: () => {
      lag = roll() < 0.5 ? 0 : 2;
    },
  };
  const shown = (key: readonly unknown[]) =>
    rowsOf(client.getQueryData<Rows>(key)).map((row) => row.id);
  return {
    steps,
    made,
    asked: () => pending.length,
    lagBy: (events: number) => {
      lag = events;
    },
    /** The list shows exactly what its answer and what was heard after that say. */
    check: () => {
      for (const key of QUERIES) {
        const n = readAt.get(key);
        if (n === undefined || start === null || n < start) continue;
        if (sealed || most < 100) continue;
        expect(shown(key).toSorted()).toEqual(made.ids(key, Math.max(n, heard)).toSorted());
      }
    },
    finish: async () => {
      lag = 0;
      steps.begin();
      for (let round = 0; round < 40; round += 1) {
        while (heard < made.log.length) steps.stream();
        while (pending.length > 0) {
          pending[0]?.done();
          await vi.advanceTimersByTimeAsync(0);
        }
        await vi.advanceTimersByTimeAsync(AGAIN_AFTER);
      }
      expect(pending).toEqual([]);
      for (const key of QUERIES) expect(shown(key)).toEqual(made.ids(key, made.log.length));
      for (const leave of observers) leave();
      inOrder.stop();
    },
  };
}

const CHOICES = [
  "commit", "commit", "commit", "stream", "stream", "stream", "ask", "read", "answer", "answer",
  "begin", "again", "reset", "behind",
] as const; // biome-ignore format: one line says how often each step is taken

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("readings and the stream in any interleaving", () => {
  for (const [name, sealed, most] of [
    ["plain cursors", false, 2000],
    ["sealed cursors", true, 2000],
    ["a short memory", false, 3],
    ["a short memory of sealed cursors", true, 3],
  ] as const) {
    it(`lead to what the server has, with ${name}`, async () => {
      for (let seed = 1; seed <= 60; seed += 1) {
        const roll = dice(seed);
        const tab = page(roll, sealed, most);
        for (let step = 0; step < 60; step += 1) {
          const choice = CHOICES[Math.floor(roll() * CHOICES.length)] ?? "commit";
          tab.steps[choice]();
          await vi.advanceTimersByTimeAsync(roll() < 0.1 ? AGAIN_AFTER : 0);
          tab.check();
        }
        await tab.finish();
      }
    });
  }
});

describe("a reading", () => {
  it("that is older than all that is remembered is asked for again, but not at once", async () => {
    const tab = page(dice(1), false, 2000);
    for (let n = 0; n < 3; n += 1) tab.made.commit();
    tab.steps.begin();
    tab.lagBy(2);
    tab.steps.answer();
    tab.steps.answer();
    await vi.advanceTimersByTimeAsync(AGAIN_AFTER - 1);
    expect(tab.asked()).toBe(0);
    tab.lagBy(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(tab.asked()).toBe(2);
    await tab.finish();
  });

  it("of figures that the server keeps for a while is not asked for again and again", async () => {
    const client = new QueryClient();
    const inOrder = applyInOrder(client);
    inOrder.begin("abc-5");
    const read = vi.fn(() => {
      noteAnswer(keys.metrics(null), new Response(null, { headers: { [CURSOR]: "abc-2" } }));
      return Promise.resolve([]);
    });
    const observer = new QueryObserver(client, { queryKey: keys.metrics(null), queryFn: read });
    const leave = observer.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(10 * AGAIN_AFTER);
    expect(read).toHaveBeenCalledOnce();
    leave();
    inOrder.stop();
  });

  it("without a cursor is left as it is, and gets what streams in from then on", async () => {
    const client = new QueryClient();
    const inOrder = applyInOrder(client);
    inOrder.begin("abc-1");
    client.setQueryData(FEED, { pages: [{ items: [], next: null }], pageParams: [null] });
    const row = decisionRow({ id: "d2" });
    const message = { kind: "decision", cursor: "abc-2", bot_id: "b", row } as LiveMessage;
    inOrder.hear([{ id: "abc-2", message }]);
    expect(rowsOf(client.getQueryData<Rows>(FEED)).map(({ id }) => id)).toEqual(["d2"]);
    inOrder.stop();
  });

  it("tells what was heard only where the server has to compare", () => {
    const inOrder = applyInOrder(new QueryClient());
    const said = () => {
      const request = new Request("http://page/");
      sayHeard(request);
      return request.headers.get("motherhaven-heard");
    };
    expect(said()).toBeNull();
    inOrder.begin("abc-1");
    expect(said()).toBeNull();
    inOrder.restart("sealed");
    expect(said()).toBe("sealed");
    inOrder.stop();
    expect(said()).toBeNull();
  });
});

describe("cursors", () => {
  it("are compared as numbers of one store, and else not at all", () => {
    expect(compareCursors("a-9", "a-10")).toBeLessThan(0);
    expect(compareCursors("a-999999999999999999", "a-999999999999999998")).toBeGreaterThan(0);
    expect(compareCursors("a-9", "a-9")).toBe(0);
    expect(compareCursors("a-9", "b-10")).toBeNull();
    expect(compareCursors("a-9", "x9")).toBeNull();
    expect(compareCursors("x9", "x9")).toBe(0);
  });
});
