import { describe, expect, it } from "vitest";
import { parseDecimal, sumTexts, toText } from "./decimal";
import { identityOf, round } from "./identity";

describe("gross − fees ± funding = net", () => {
  it("holds digit for digit, far beyond what a double keeps", () => {
    const identity = identityOf({
      gross: "-7.45725",
      fees: "1.803056",
      fundingPaid: "-0.023524525935",
      net: "-9.236781474065",
    });
    expect(identity.holds).toBe(true);
    expect(identity.terms.map((term) => `${term.operator}${term.exact}`)).toEqual([
      "-7.45725",
      "−1.803056",
      "+0.023524525935",
    ]);
  });

  it("shows as many decimals as the rounded terms need to add up", () => {
    // 0.004 − 0.004 + 0.004 = 0.004: at two decimals 0 − 0 + 0 = 0, which is fine.
    const small = identityOf({
      gross: "0.004",
      fees: "0.004",
      fundingPaid: "-0.004",
      net: "0.004",
    });
    expect(small.places).toBe(2);
    // 1.005 → 1.01, 0.003 → 0.00, net 1.002 → 1.00: two decimals would be a cent off.
    const off = identityOf({ gross: "1.005", fees: "0.003", fundingPaid: "0", net: "1.002" });
    expect(off.places).toBe(3);
  });

  it("adds up at the places it chose, for many odd amounts", () => {
    for (let n = 1; n < 400; n += 1) {
      const gross = `${n % 7}.${String((n * 7919) % 1_000_000).padStart(6, "0")}`;
      const fees = `0.${String((n * 104_729) % 1_000_000).padStart(6, "0")}`;
      const paid = `${n % 2 ? "-" : ""}0.${String((n * 15_485_863) % 100_000_000).padStart(8, "0")}`;
      const minus = (text: string) => (text.startsWith("-") ? text.slice(1) : `-${text}`);
      const net = sumTexts([gross, minus(fees), minus(paid)]);
      const { places, holds } = identityOf({ gross, fees, fundingPaid: paid, net });
      expect(holds).toBe(true);
      const shown = (text: string) => {
        const value = parseDecimal(text);
        return value ? toText(round(value, places)) : null;
      };
      const added = parseDecimal(sumTexts([shown(gross), shown(minus(fees)), shown(minus(paid))]));
      expect(added && toText(round(added, places))).toBe(shown(net ?? ""));
    }
  });

  it("says by how much it does not add up", () => {
    const wrong = identityOf({ gross: "10", fees: "1", fundingPaid: "0.5", net: "8.4" });
    expect(wrong).toMatchObject({ holds: false, difference: "-0.1" });
  });

  it("claims nothing while a part is unknown", () => {
    const open = identityOf({ gross: "0", fees: "1", fundingPaid: null, net: null });
    expect(open.holds).toBeNull();
    expect(open.terms[2]).toEqual({ name: "funding", operator: "−", exact: null });
  });

  it("adds a rebate, which is a negative fee", () => {
    const { terms, holds } = identityOf({ gross: "1", fees: "-0.2", fundingPaid: "0", net: "1.2" });
    expect(holds).toBe(true);
    expect(terms[1]).toEqual({ name: "fees", operator: "+", exact: "0.2" });
  });
});
