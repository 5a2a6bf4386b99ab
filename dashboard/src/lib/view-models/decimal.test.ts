import { describe, expect, it } from "vitest";
import { add, compare, divide, parseDecimal, signOf, sumTexts, toText } from "./decimal";

const of = (text: string) => {
  const value = parseDecimal(text);
  if (!value) throw new Error(`${text} is no decimal`);
  return value;
};

describe("decimals stay exact where doubles do not", () => {
  it("adds 0.1 and 0.2 to 0.3", () => {
    expect(toText(add(of("0.1"), of("0.2")))).toBe("0.3");
  });

  it("keeps 22 digits", () => {
    expect(toText(of("0.1234567890123456789012"))).toBe("0.1234567890123456789012");
  });

  it("reads exponents as Python writes them", () => {
    expect(toText(of("1E-7"))).toBe("0.0000001");
    expect(toText(of("-1.5e3"))).toBe("-1500");
  });

  it("refuses what is not a number", () => {
    for (const text of ["", ".", "NaN", "Infinity", "1,000", "0x10", "1 2", "--1"]) {
      expect(parseDecimal(text)).toBeNull();
    }
    expect(parseDecimal(null)).toBeNull();
  });

  it("divides half away from zero, and by zero into the unknown", () => {
    expect(divide(of("2"), of("3"), 4)).toEqual({ units: 6667n, scale: 4 });
    expect(divide(of("-2"), of("3"), 4)).toEqual({ units: -6667n, scale: 4 });
    expect(divide(of("1"), of("0.00"))).toBeNull();
  });

  it("compares over different scales", () => {
    expect(compare(of("1.10"), of("1.1"))).toBe(0);
    expect(compare(of("-0.000001"), of("0"))).toBe(-1);
  });
});

describe("sums and signs", () => {
  it("leaves unknown ones out and is unknown without any known", () => {
    expect(sumTexts(["10.01", null, "0.99"])).toBe("11.00");
    expect(sumTexts([null, undefined])).toBeNull();
    expect(sumTexts([])).toBeNull();
  });

  it("gives minus zero no sign", () => {
    expect(signOf("-0.00")).toBe(0);
    expect(signOf("-0.000001")).toBe(-1);
    expect(signOf(null)).toBeNull();
  });
});
