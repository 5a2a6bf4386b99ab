import { describe, expect, it } from "vitest";
import type { ErrorGroup } from "@/api/types";
import { countText, ERROR_KINDS, KIND_WORDS, sinceOf } from "./error-groups";

const group = {} as ErrorGroup;

describe("errors", () => {
  it("are counted by cause, and say when older ones are left out", () => {
    const groups = { items: [group, group], counted: 1255, truncated: false };
    expect(countText(groups)).toBe("2 causes of 1,255 errors");
    expect(countText({ items: [group], counted: 1, truncated: false })).toBe("1 cause of 1 error");
    expect(countText({ ...groups, truncated: true })).toContain("older ones");
  });

  it("are asked for since an instant, or from the beginning", () => {
    expect(sinceOf("1h", Date.parse("2026-01-01T12:00:00Z"))).toBe("2026-01-01T11:00:00.000Z");
    expect(sinceOf("all", 0)).toBeNull();
  });

  it("have words for each kind", () => {
    expect(ERROR_KINDS.every((kind) => KIND_WORDS[kind].covers.length > 10)).toBe(true);
  });
});
