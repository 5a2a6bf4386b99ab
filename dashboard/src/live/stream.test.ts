import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LiveMessage } from "@/api/types";
import { openStream, type Source, type StreamState } from "./stream";

class FakeSource implements Source {
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(readonly url: string) {}

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener);
  }

  close(): void {
    this.closed = true;
    this.readyState = 2;
  }

  say(type: string, data: unknown, lastEventId = ""): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.listeners.get(type)?.({ type, data: text, lastEventId } as MessageEvent<string>);
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.();
  }
}

function setup() {
  const sources: FakeSource[] = [];
  const states: StreamState[] = [];
  const events: LiveMessage[] = [];
  const onReset = vi.fn();
  const onBegin = vi.fn();
  const stream = openStream({
    url: "/live",
    open: (url) => {
      const source = new FakeSource(url);
      sources.push(source);
      return source;
    },
    onMessage: (message) => events.push(message),
    onBegin,
    onReset,
    onState: (state) => states.push(state),
    now: () => 1000,
    random: () => 0.5,
  });
  const latest = () => sources.at(-1) as FakeSource;
  return { stream, sources, states, events, onBegin, onReset, latest };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the live stream", () => {
  it("is live once open and hands messages on", () => {
    const { latest, states, events } = setup();
    latest().onopen?.();
    latest().say("decision", { id: "d1" }, "7");
    expect(states.at(-1)).toEqual({ phase: "live", lastEventAt: 1000, lostAt: null });
    expect(events).toEqual([{ id: "d1" }]);
  });

  it("says after which id it begins, and after which it goes on", () => {
    const { latest, onBegin } = setup();
    latest().say("hello", {}, "5");
    latest().say("decision", { id: "d1" }, "6");
    latest().fail(2);
    vi.advanceTimersByTime(500);
    latest().say("hello", {}, "6");
    expect(onBegin.mock.calls).toEqual([["5"], ["6"]]);
  });

  it("says Reconnecting at once when the connection is cut and leaves the retry to the browser", () => {
    const { latest, sources, states } = setup();
    latest().onopen?.();
    latest().fail(0);
    expect(states.at(-1)).toMatchObject({ phase: "reconnecting", lostAt: 1000 });
    vi.advanceTimersByTime(20_000);
    expect(sources).toHaveLength(1);
  });

  it("opens anew after the last id when the browser has given up", () => {
    const { latest, sources, states } = setup();
    latest().say("status", {}, "a+b/9");
    latest().fail(2);
    expect(states.at(-1)?.phase).toBe("reconnecting");
    vi.advanceTimersByTime(500);
    expect(sources.map((source) => source.url)).toEqual(["/live", "/live?after=a%2Bb%2F9"]);
  });

  it("waits longer with each failure, four seconds at most", () => {
    const { latest, sources } = setup();
    for (const wait of [500, 1000, 2000, 4000, 4000]) {
      const before = sources.length;
      latest().fail(2);
      vi.advanceTimersByTime(wait - 1);
      expect(sources).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sources).toHaveLength(before + 1);
    }
  });

  it("is Offline after half a minute, and Live again with the first word", () => {
    const { latest, states } = setup();
    latest().fail(0);
    vi.advanceTimersByTime(30_000);
    expect(states.at(-1)?.phase).toBe("offline");
    latest().say("heartbeat", "");
    expect(states.at(-1)?.phase).toBe("live");
  });

  it("reports a reset and forgets the id that the server no longer knows", () => {
    const { latest, onReset, sources } = setup();
    latest().say("decision", {}, "41");
    latest().say("reset", "");
    expect(onReset).toHaveBeenCalledOnce();
    latest().fail(2);
    vi.advanceTimersByTime(500);
    expect(sources.at(-1)?.url).toBe("/live");
  });

  it("survives an event that is not JSON", () => {
    const complaint = vi.spyOn(console, "error").mockImplementation(() => {});
    const { latest, events } = setup();
    latest().say("decision", "{cut", "1");
    latest().say("decision", { id: "d2" }, "2");
    expect(events).toEqual([{ id: "d2" }]);
    expect(complaint).toHaveBeenCalledOnce();
    complaint.mockRestore();
  });

  it("gives up a connection that is silent for two and a half heartbeats", () => {
    const { latest, sources, states } = setup();
    latest().onopen?.();
    latest().say("hello", { heartbeat_seconds: 2 }, "5");
    vi.advanceTimersByTime(4999);
    expect(states.at(-1)?.phase).toBe("live");
    vi.advanceTimersByTime(1);
    expect(states.at(-1)?.phase).toBe("reconnecting");
    vi.advanceTimersByTime(500);
    expect(sources.map((source) => source.url)).toEqual(["/live", "/live?after=5"]);
  });

  it("does nothing more once closed", () => {
    const { stream, latest, sources } = setup();
    latest().fail(2);
    stream.close();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    expect(latest().closed).toBe(true);
  });
});
