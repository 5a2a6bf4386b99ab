import { describe, expect, it } from "vitest";
import { assignHues, HUES } from "./hue";

const ids = Array.from({ length: HUES }, (_, index) => `0192-bot-${index}`);

describe("a bot keeps its hue", () => {
  it("gives as many bots as there are hues one each", () => {
    expect(new Set(Object.values(assignHues(ids))).size).toBe(HUES);
  });

  it("does not depend on the order in which bots are listed", () => {
    expect(assignHues([...ids].reverse())).toEqual(assignHues(ids));
  });

  it("leaves older bots alone when a newer one, whose id sorts later, appears", () => {
    const before = assignHues(ids.slice(0, 4));
    expect(assignHues(ids.slice(0, 6))).toMatchObject(before);
  });

  it("honours what was remembered, whatever else appears", () => {
    const kept = { "zz-old": 3 };
    expect(assignHues(["aa-new", "zz-old"], kept)["zz-old"]).toBe(3);
    expect(assignHues(["aa-new", "zz-old"], kept)["aa-new"]).not.toBe(3);
  });

  it("shares hues evenly when there are more bots than hues", () => {
    const many = Array.from({ length: 2 * HUES }, (_, index) => `bot-${index}`);
    const uses = Object.values(assignHues(many));
    for (let hue = 0; hue < HUES; hue += 1) expect(uses.filter((u) => u === hue)).toHaveLength(2);
  });
});
