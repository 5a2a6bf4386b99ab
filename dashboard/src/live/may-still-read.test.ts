import { describe, expect, it, vi } from "vitest";
import { ASK_EVERY, askWhileLost } from "./may-still-read";

describe("asking whether the browser may still read", () => {
  it("happens while the stream is lost, and not too often", () => {
    const ask = vi.fn(() => Promise.reject(new Error("the server is away")));
    let now = 0;
    const told = askWhileLost(ask, () => now);
    told("connecting");
    told("live");
    expect(ask).not.toHaveBeenCalled();
    told("reconnecting");
    told("reconnecting");
    expect(ask).toHaveBeenCalledTimes(1);
    now += ASK_EVERY;
    told("offline");
    expect(ask).toHaveBeenCalledTimes(2);
    now += ASK_EVERY;
    told("live");
    expect(ask).toHaveBeenCalledTimes(2);
  });
});
