import { describe, expect, it } from "vitest";
import type { LiveMessage } from "@/api/types";
import { type Channel, joinByLocks } from "./by-locks";
import type { Phase, StreamEvents } from "./stream";

/** Tabs of one browser: a channel among them, and a lock that goes to the next in line. */
function browser() {
  const channels: Channel[] = [];
  const line: (() => void)[] = [];
  const streams: { events: StreamEvents; after: string; closed: boolean; retries: number }[] = [];

  const channel = (): Channel => {
    const own: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of channels) {
          if (other !== own) other.onmessage?.({ data } as MessageEvent);
        }
      },
      close: () => channels.splice(channels.indexOf(own), 1),
    };
    channels.push(own);
    return own;
  };
  const hold = (lead: () => void) => {
    line.push(lead);
    if (line.length === 1) lead();
    return () => {
      const wasFirst = line[0] === lead;
      line.splice(line.indexOf(lead), 1);
      if (wasFirst) line[0]?.();
    };
  };
  const open = (events: StreamEvents, after: string) => {
    const one = { events, after, closed: false, retries: 0 };
    streams.push(one);
    return {
      close: () => {
        one.closed = true;
      },
      retry: () => {
        one.retries += 1;
      },
    };
  };
  const tab = () => {
    const heard: string[] = [];
    const begun: string[] = [];
    const phases: Phase[] = [];
    let resets = 0;
    const stream = joinByLocks(
      { channel: channel(), hold, open },
      {
        onMessage: (_message, id) => heard.push(id),
        onState: (state) => phases.push(state.phase),
        onBegin: (id) => begun.push(id),
        onReset: () => {
          resets += 1;
        },
      },
    );
    return { stream, heard, begun, phases, resets: () => resets };
  };
  return { tab, streams };
}

const message = { kind: "status" } as LiveMessage;
const live = { phase: "live", lastEventAt: 1, lostAt: null } as const;

describe("sharing among tabs", () => {
  it("lets one tab have the stream, and all hear it once", () => {
    const { tab, streams } = browser();
    const tabs = [tab(), tab(), tab()];
    streams[0]?.events.onState(live);
    streams[0]?.events.onMessage(message, "5");
    streams[0]?.events.onReset("6");
    expect(streams).toHaveLength(1);
    for (const { heard, phases, resets } of tabs) {
      expect(heard).toEqual(["5"]);
      expect(phases.at(-1)).toBe("live");
      expect(resets()).toBe(1);
    }
  });

  it("goes on in the next tab from the last id that was heard", () => {
    const { tab, streams } = browser();
    const [first, second] = [tab(), tab()];
    streams[0]?.events.onState(live);
    streams[0]?.events.onMessage(message, "5");
    first.stream.close();
    expect(streams[0]?.closed).toBe(true);
    expect(streams[1]?.after).toBe("5");
    streams[1]?.events.onMessage(message, "6");
    expect(second.heard).toEqual(["5", "6"]);
    expect(first.heard).toEqual(["5"]);
  });

  it("goes on in the next tab after a reset, not before it", () => {
    const { tab, streams } = browser();
    const [first, second] = [tab(), tab()];
    streams[0]?.events.onBegin("4");
    streams[0]?.events.onReset("9");
    expect(second.begun).toEqual(["4"]);
    first.stream.close();
    expect(streams[1]?.after).toBe("9");
  });

  it("tells a tab that opens later how things stand", () => {
    const { tab, streams } = browser();
    tab();
    streams[0]?.events.onState(live);
    streams[0]?.events.onMessage(message, "5");
    streams[0]?.events.onState(live);
    const late = tab();
    expect(late.phases.at(-1)).toBe("live");
    expect(late.begun).toEqual(["5"]);
    expect(late.heard).toEqual([]);
  });

  it("passes a wish to try again on to the tab that has the stream", () => {
    const { tab, streams } = browser();
    const [, second] = [tab(), tab()];
    second?.stream.retry();
    expect(streams[0]?.retries).toBe(1);
  });
});
