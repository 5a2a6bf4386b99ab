import { describe, expect, it } from "vitest";
import type { LiveMessage } from "@/api/types";
import { createHub, type ToTab } from "./hub";
import type { StreamEvents } from "./stream";

const message = { kind: "decision" } as LiveMessage;
const live = { phase: "live", lastEventAt: 1, lostAt: null } as const;

function setup() {
  const opened: { events: StreamEvents; closed: boolean; retries: number }[] = [];
  const hub = createHub((events) => {
    const one = { events, closed: false, retries: 0 };
    opened.push(one);
    return {
      close: () => {
        one.closed = true;
      },
      retry: () => {
        one.retries += 1;
      },
    };
  });
  const tab = () => {
    const heard: ToTab[] = [];
    const member = (word: ToTab) => heard.push(word);
    return { heard, member };
  };
  return { hub, opened, tab };
}

describe("the hub", () => {
  it("opens one stream for eight tabs and tells each of them everything", () => {
    const { hub, opened, tab } = setup();
    const tabs = Array.from({ length: 8 }, tab);
    for (const { member } of tabs) hub.join(member);
    opened[0]?.events.onBegin("6");
    opened[0]?.events.onState(live);
    opened[0]?.events.onMessage(message, "7");
    opened[0]?.events.onReset("8");
    expect(opened).toHaveLength(1);
    for (const { heard } of tabs) {
      expect(heard.slice(1)).toEqual([
        { say: "begin", id: "6" },
        { say: "state", state: live, id: "6" },
        { say: "message", message, id: "7" },
        { say: "reset", id: "8" },
      ]);
    }
  });

  it("tells who joins late where the stream is and that it is live, before anything else", () => {
    const { hub, opened, tab } = setup();
    hub.join(tab().member);
    opened[0]?.events.onMessage(message, "7");
    opened[0]?.events.onState(live);
    const late = tab();
    hub.join(late.member);
    expect(late.heard).toEqual([
      { say: "begin", id: "7" },
      { say: "state", state: live, id: "7" },
    ]);
  });

  it("asks a lost stream to try again when someone joins", () => {
    const { hub, opened, tab } = setup();
    hub.join(tab().member);
    opened[0]?.events.onState({ ...live, phase: "reconnecting", lostAt: 2 });
    hub.join(tab().member);
    expect(opened[0]?.retries).toBe(1);
  });

  it("closes the stream after the last tab and opens another for the next", () => {
    const { hub, opened, tab } = setup();
    const [one, two] = [tab(), tab()];
    hub.join(one.member);
    hub.join(two.member);
    hub.leave(one.member);
    expect(opened[0]?.closed).toBe(false);
    hub.leave(two.member);
    expect(opened[0]?.closed).toBe(true);
    hub.join(one.member);
    expect(opened).toHaveLength(2);
    expect(one.heard.at(-1)).toMatchObject({
      say: "state",
      state: { phase: "connecting" },
      id: "",
    });
  });
});
