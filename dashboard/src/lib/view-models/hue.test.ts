import { describe, expect, it } from "vitest";
import { assignHues, DASHES, dashOf, HUES } from "./hue";

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

  it("shares hues evenly when there are more bots than hues, each with a dash of its own", () => {
    const many = Array.from({ length: 3 * HUES }, (_, index) => `bot-${index}`);
    const looks = Object.values(assignHues(many));
    expect(new Set(looks).size).toBe(many.length);
    for (let hue = 0; hue < HUES; hue += 1) {
      const dashes = looks.filter((look) => look % HUES === hue).map(dashOf);
      expect(dashes.sort()).toEqual([0, 1, 2]);
    }
  });

  it("tells bots apart that an older page remembers with the same hue", () => {
    const looks = assignHues(["a", "b", "c"], { a: 2, b: 2, c: 2 });
    expect(Object.values(looks).map((look) => look % HUES)).toEqual([2, 2, 2]);
    expect(new Set(Object.values(looks).map(dashOf)).size).toBe(3);
  });

  it("repeats looks only beyond all of them", () => {
    const many = Array.from({ length: HUES * DASHES + 3 }, (_, index) => `bot-${index}`);
    expect(new Set(Object.values(assignHues(many))).size).toBe(HUES * DASHES);
  });
});
