import { add, compare, type Decimal, divide, negate, parseDecimal, toText } from "./decimal";

/** What a trade made, as the server adds it up; funding is what was paid. */
export type Parts = {
  gross: string | null;
  fees: string | null;
  fundingPaid: string | null;
  net: string | null;
};

export type Term = {
  name: "gross" | "fees" | "funding";
  /** Between this term and the one before; none before the first. */
  operator: "+" | "\u2212" | "";
  /** What stands after the operator: its size, but the first term keeps its own sign. */
  exact: string | null;
};

export type Identity = {
  terms: Term[];
  net: string | null;
  /** Decimals at which the rounded terms add up to the rounded net, 2 at least. */
  places: number;
  /** Net less what the terms add up to; null while one of them is unknown. */
  difference: string | null;
  holds: boolean | null;
};

const ONE: Decimal = { units: 1n, scale: 0 };
const CENTS = 2;

/** gross − fees ± funding = net, digit for digit, and rounded so that it adds up on screen too. */
export function identityOf({ gross, fees, fundingPaid, net }: Parts): Identity {
  const [g, f, p, n] = [gross, fees, fundingPaid, net].map(parseDecimal);
  const terms: Term[] = [
    { name: "gross", operator: "", exact: g ? toText(g) : null },
    // A rebate is a negative fee: what is taken away twice is added.
    taken("fees", f ?? null),
    taken("funding", p ?? null),
  ];
  if (!g || !f || !p || !n) {
    return { terms, net: n ? toText(n) : null, places: CENTS, difference: null, holds: null };
  }
  const signed = [g, negate(f), negate(p)];
  const off = add(n, negate(sum(signed)));
  return {
    terms,
    net: toText(n),
    places: off.units === 0n ? placesFor(signed, n) : scaleOf([...signed, n]),
    difference: toText(off),
    holds: off.units === 0n,
  };
}

function taken(name: "fees" | "funding", amount: Decimal | null): Term {
  if (!amount) return { name, operator: "\u2212", exact: null };
  const given = amount.units < 0n;
  return { name, operator: given ? "+" : "\u2212", exact: toText(given ? negate(amount) : amount) };
}

function sum(values: readonly Decimal[]): Decimal {
  return values.reduce(add);
}

function scaleOf(values: readonly Decimal[]): number {
  return Math.max(CENTS, ...values.map((value) => value.scale));
}

/** The fewest decimals at which nothing is off by a rounded digit. */
function placesFor(terms: readonly Decimal[], net: Decimal): number {
  const most = scaleOf([...terms, net]);
  for (let places = CENTS; places < most; places += 1) {
    const rounded = sum(terms.map((term) => round(term, places)));
    if (compare(rounded, round(net, places)) === 0) return places;
  }
  return most;
}

/** Half away from zero, as figures are rounded everywhere on the page. */
export function round(value: Decimal, places: number): Decimal {
  return value.scale <= places ? value : (divide(value, ONE, places) ?? value);
}
