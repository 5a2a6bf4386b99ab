import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { joinWorker, type Worker } from "./by-worker";
import type { ToHub, ToTab } from "./hub";

function setup() {
  const said: ToHub["say"][] = [];
  const worker: Worker = {
    onerror: null,
    port: {
      onmessage: null,
      postMessage: (word) => said.push(word.say),
      close: () => said.push("leave"),
    },
  };
  const phases: string[] = [];
  const onUnable = vi.fn();
  const stream = joinWorker(
    worker,
    {
      onMessage: () => {},
      onBegin: () => {},
      onReset: () => {},
      onState: (state) => phases.push(state.phase),
    },
    onUnable,
  );
  const tell = (data: ToTab) => worker.port.onmessage?.({ data } as MessageEvent<ToTab>);
  return { worker, said, phases, onUnable, stream, tell };
}

const state = { phase: "live", lastEventAt: 1, lostAt: null } as const;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the shared worker's stream", () => {
  it("is joined at once and heard from then on", () => {
    const { said, phases, tell, onUnable } = setup();
    expect(said).toEqual(["join"]);
    tell({ say: "state", state, id: "" });
    vi.advanceTimersByTime(60_000);
    expect(phases).toEqual(["live"]);
    expect(onUnable).not.toHaveBeenCalled();
  });

  it("is given up when the worker stays silent, or cannot start", () => {
    const silent = setup();
    vi.advanceTimersByTime(3000);
    expect(silent.onUnable).toHaveBeenCalledOnce();
    const broken = setup();
    broken.worker.onerror?.(undefined as never);
    vi.advanceTimersByTime(3000);
    expect(broken.onUnable).toHaveBeenCalledOnce();
    expect(broken.worker.port.onmessage).toBeNull();
  });

  it("is left when the tab is done with it", () => {
    const { said, stream, onUnable } = setup();
    stream.retry();
    stream.close();
    vi.advanceTimersByTime(3000);
    expect(said).toEqual(["join", "retry", "leave"]);
    expect(onUnable).not.toHaveBeenCalled();
  });
});
