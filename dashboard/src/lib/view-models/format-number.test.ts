import { describe, expect, it } from "vitest";
import {
  cost,
  count,
  countShort,
  decimal,
  duration,
  leverage,
  percent,
  price,
  quantity,
  share,
  usd,
} from "./format-number";

describe("signs", () => {
  it("writes a minus with U+2212 and a plus where asked", () => {
    expect(usd("-1234.5")).toBe("\u2212$1,234.50");
    expect(usd("1234.5", { signed: true })).toBe("+$1,234.50");
    expect(decimal("-3", 0)).toBe("\u22123");
  });

  it("gives zero and minus zero no sign", () => {
    for (const zero of ["0", "-0", "-0.000", "0e5"]) {
      expect(usd(zero, { signed: true })).toBe("$0.00");
      expect(percent(zero)).toBe("0.00\u202f%");
    }
  });

  it("keeps the sign of an amount too small to show", () => {
    expect(usd("-0.000001")).toBe("\u2212<$0.01");
    expect(usd("0.000001", { signed: true })).toBe("+<$0.01");
    expect(percent("-0.000001")).toBe("\u2212<0.01\u202f%");
  });
});

describe("the unknown is a dash, never 0", () => {
  it.each([usd, price, quantity, leverage, cost, percent])("%o", (format) => {
    for (const nothing of [null, undefined, "", "NaN", "Infinity"]) {
      expect(format(nothing)).toBe("—");
    }
  });

  it("holds for counts, shares and durations", () => {
    expect(count(null)).toBe("—");
    expect(count(Number.NaN)).toBe("—");
    expect(share(0, 0)).toBe("—");
    expect(duration(undefined)).toBe("—");
  });
});

describe("exactness and units", () => {
  it("groups 1e9 and keeps digits that a double would lose", () => {
    expect(usd("1e9")).toBe("$1,000,000,000.00");
    expect(decimal("9007199254740993.01", 2)).toBe("9,007,199,254,740,993.01");
    expect(quantity("0.1234567890123456789", 19)).toBe("0.1234567890123456789");
  });

  it("writes fractions as per cent", () => {
    expect(percent("0.01368")).toBe("+1.37\u202f%");
    expect(percent("-0.008")).toBe("\u22120.80\u202f%");
    expect(percent("0.5", { signed: false, places: 0 })).toBe("50\u202f%");
  });

  it("shows prices of large and of small coins", () => {
    expect(price("99812.5")).toBe("99,812.50");
    expect(price("151.2345")).toBe("151.23");
    expect(price("3.14159")).toBe("3.1416");
    expect(price("0.000012345678")).toBe("0.000012346");
    expect(price("0")).toBe("0.00");
  });

  it("shows model costs with the digits they need", () => {
    expect(cost("0.0041")).toBe("$0.0041");
    expect(cost("12.3456")).toBe("$12.35");
    expect(cost("0")).toBe("$0.00");
    expect(cost("-0.42")).toBe("\u2212$0.4200");
  });

  it("shows durations, shares and leverage", () => {
    expect(duration(320)).toBe("320\u202fms");
    expect(duration(4100)).toBe("4.1\u202fs");
    expect(duration(125_000)).toBe("2\u202fmin 05\u202fs");
    expect(share(2, 3)).toBe("67\u202f%");
    expect(leverage("5.0")).toBe("5×");
  });
});

describe("counts where there is little room", () => {
  it("are exact below a thousand and never rounded up", () => {
    const told = [null, 0, 999, 1000, 2022, 9999, 10_000, 1_234_567].map(countShort);
    expect(told).toEqual(["\u2014", "0", "999", "1.0k", "2.0k", "9.9k", "10k", "1,234k"]);
  });
});
