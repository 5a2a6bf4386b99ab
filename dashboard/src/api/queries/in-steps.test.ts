import { describe, expect, it } from "vitest";
import { inSteps } from "./in-steps";

function* countTo(n: number): Generator<undefined, number> {
  for (let at = 0; at < n; at += 1) yield;
  return n;
}

describe("work in short turns", () => {
  it("pauses whenever a turn is used up, and ends with the result", async () => {
    let clock = 0;
    let pauses = 0;
    const result = await inSteps(
      countTo(100),
      new AbortController().signal,
      () => {
        clock += 3;
        return clock;
      },
      async () => {
        pauses += 1;
      },
    );
    expect(result).toBe(100);
    expect(pauses).toBeGreaterThan(15);
  });

  it("stops at the next pause once nobody wants the result", async () => {
    const asked = new AbortController();
    let clock = 0;
    const work = inSteps(
      countTo(1000),
      asked.signal,
      () => {
        clock += 20;
        return clock;
      },
      async () => asked.abort(),
    );
    await expect(work).rejects.toThrow();
  });
});
