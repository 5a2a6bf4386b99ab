import { describe, expect, it } from "vitest";
import { changedParts, changesOf, folded, linesOf, paired } from "./diff-fold";
import { type DiffLine, diffNow, diffSteps } from "./line-diff";

const marks = (lines: readonly DiffLine[]) =>
  lines.map(({ kind, text }) => ({ same: " ", added: "+", removed: "-" })[kind] + text).join("|");

/** Whatever the script is, it must turn one text into the other. */
function sides(lines: readonly DiffLine[]) {
  return {
    before: lines.filter((line) => line.kind !== "added").map((line) => line.text),
    after: lines.filter((line) => line.kind !== "removed").map((line) => line.text),
  };
}

describe("a difference by lines", () => {
  it("finds what came and what went", () => {
    expect(marks(diffNow(["a", "b", "c"], ["a", "x", "c"]))).toBe(" a|-b|+x| c");
    expect(marks(diffNow(["a"], ["a", "b"]))).toBe(" a|+b");
    expect(marks(diffNow(["a", "b"], ["b"]))).toBe("-a| b");
    expect(marks(diffNow([], ["a"]))).toBe("+a");
    expect(diffNow(["a"], ["a"])).toEqual([{ kind: "same", text: "a" }]);
  });

  it("turns any text into any other, with no more changes than needed", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 300; round += 1) {
      const before = Array.from({ length: random(14) }, () => "abcd".charAt(random(4)));
      const after = Array.from({ length: random(14) }, () => "abcd".charAt(random(4)));
      const lines = diffNow(before, after);
      expect(sides(lines)).toEqual({ before, after });
      const { added, removed } = changesOf(lines);
      expect(added + removed).toBe(before.length + after.length - 2 * common(before, after));
    }
  });

  it("pauses between its steps, of which a large difference takes many", () => {
    const before = Array.from({ length: 900 }, (_, at) => `a${at}`);
    const after = Array.from({ length: 900 }, (_, at) => `b${at}`);
    const steps = diffSteps(before, after);
    let pauses = 0;
    for (;;) {
      const { done, value } = steps.next();
      pauses += 1;
      if (!done) continue;
      // Past the limit everything is shown as replaced, which is still a true difference.
      expect(sides(value as DiffLine[])).toEqual({ before, after });
      break;
    }
    expect(pauses).toBeGreaterThan(1000);
  });

  it("folds long runs of equal lines and keeps some around what changed", () => {
    const before = Array.from({ length: 40 }, (_, at) => `line ${at}`);
    const after = before.with(20, "another");
    const shown = folded(diffNow(before, after));
    expect(shown.map((one) => (one.kind === "fold" ? `~${one.lines.length}` : one.kind))).toEqual([
      "~17",
      ...Array(3).fill("same"),
      "removed",
      "added",
      ...Array(3).fill("same"),
      "~16",
    ]);
  });

  it("sets JSON that came as one line on lines of its own", () => {
    expect(linesOf('{"a":1,"b":[2]}')).toHaveLength(6);
    expect(linesOf("{not json}")).toEqual(["{not json}"]);
    expect(linesOf("one\r\ntwo")).toEqual(["one", "two"]);
  });
});

describe("lines in pairs", () => {
  it("puts lines that changed a little beside one another", () => {
    const lines = diffNow(["rsi 41", "ema 20", "end"], ["rsi 39", "ema 21", "end"]);
    expect(marks(lines)).toBe("-rsi 41|-ema 20|+rsi 39|+ema 21| end");
    expect(marks(paired(lines))).toBe("-rsi 41|+rsi 39|-ema 20|+ema 21| end");
  });

  it("leaves apart what has nothing in common, and loses no line", () => {
    const lines = diffNow(["abc", "def", "x"], ["uvw", "rst", "x", "y"]);
    expect(paired(lines)).toEqual(lines);
  });
});

describe("within a line", () => {
  it("marks the words and figures that differ, and no others", () => {
    const { before, after } = changedParts("rsi 41.2, ema 100 up", "rsi 39.7, ema 100 down");
    const shown = (parts: typeof before) =>
      parts.map((part) => (part.changed ? `[${part.text}]` : part.text)).join("");
    expect(shown(before)).toBe("rsi [41.2], ema 100 [up]");
    expect(shown(after)).toBe("rsi [39.7], ema 100 [down]");
  });

  it("marks nothing where nothing is alike", () => {
    expect(changedParts("abc", "xyz").before).toEqual([{ text: "abc", changed: false }]);
  });
});

/** The longest common subsequence, by the plain table. */
function common(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const row = table[i] as number[];
      const above = table[i - 1] as number[];
      row[j] =
        a[i - 1] === b[j - 1]
          ? (above[j - 1] as number) + 1
          : Math.max(above[j] as number, row[j - 1] as number);
    }
  }
  return table[a.length]?.[b.length] ?? 0;
}
