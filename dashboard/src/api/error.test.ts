import { describe, expect, it } from "vitest";
import { describeFailure } from "./error";

describe("what the server says about a failure", () => {
  it("is told with the way to mend it", () => {
    const body = {
      success: false,
      error: { code: "x", message: "the store is full", fix: "free space" },
    };
    expect(describeFailure(body)).toBe("The store is full. Free space.");
  });

  it("is found in other shapes too, and is nothing when there is nothing", () => {
    expect(describeFailure({ detail: "gone" })).toBe("gone");
    expect(describeFailure(new TypeError("Failed to fetch"))).toBe("Failed to fetch");
    expect(describeFailure("")).toBeNull();
    expect(describeFailure(undefined)).toBeNull();
  });

  it("never fills the panel", () => {
    expect(describeFailure("x".repeat(10_000))).toHaveLength(500);
  });
});
