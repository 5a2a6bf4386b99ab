import { describe, expect, it } from "vitest";
import { exportHref } from "./export";

describe("exports", () => {
  it("are of all bots, or of one whose id may hold anything", () => {
    expect(exportHref("trades", "csv", null)).toBe("/api/llm-bot/export?what=trades&format=csv");
    expect(exportHref("errors", "json", "a&b")).toBe(
      "/api/llm-bot/export?what=errors&format=json&bot=a%26b",
    );
  });
});
