/** Exact decimals as the API sends them: money is never put through a double. */
export type Decimal = { readonly units: bigint; readonly scale: number };

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads decimal text; null for anything that is not a finite decimal number. */
export function parseDecimal(text: string | null | undefined): Decimal | null {
  if (typeof text !== "string") return null;
  const match = FORM.exec(text.trim());
  if (!match) return null;
  const [, sign = "", whole = "", part = "", exponent = "0"] = match;
  if (whole === "" && part === "") return null;
  const magnitude = BigInt(`${whole}${part}`);
  const units = sign === "-" ? -magnitude : magnitude;
  const scale = part.length - Number(exponent);
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

function unitsAt(value: Decimal, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

export function negate(a: Decimal): Decimal {
  return { units: -a.units, scale: a.scale };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** −1, 0 or 1, as a is less than, equal to or greater than b. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const difference = subtract(a, b).units;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** a ÷ b to `places` decimals, half away from zero; null when b is 0. */
export function divide(a: Decimal, b: Decimal, places = 12): Decimal | null {
  if (b.units === 0n) return null;
  const scale = Math.max(a.scale, b.scale);
  const top = unitsAt(a, scale) * 10n ** BigInt(places);
  const bottom = unitsAt(b, scale);
  const magnitude = (abs(top) * 2n + abs(bottom)) / (abs(bottom) * 2n);
  return { units: top < 0n === bottom < 0n ? magnitude : -magnitude, scale: places };
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** The plain text of a decimal, digit for digit. */
export function toText(value: Decimal): string {
  const digits = abs(value.units)
    .toString()
    .padStart(value.scale + 1, "0");
  const whole = digits.slice(0, digits.length - value.scale);
  const part = value.scale > 0 ? `.${digits.slice(-value.scale)}` : "";
  return `${value.units < 0n ? "-" : ""}${whole}${part}`;
}

/** Adds decimal texts, leaving unknown ones out; null when none is known. */
export function sumTexts(texts: readonly (string | null | undefined)[]): string | null {
  let total: Decimal | null = null;
  for (const text of texts) {
    const value = parseDecimal(text);
    if (value) total = total ? add(total, value) : value;
  }
  return total && toText(total);
}

/** −1, 0 or 1 for the sign of a decimal text; null when it is unknown. */
export function signOf(text: string | null | undefined): -1 | 0 | 1 | null {
  const value = parseDecimal(text);
  if (!value) return null;
  if (value.units === 0n) return 0;
  return value.units < 0n ? -1 : 1;
}

/** For pixels only: positions on a chart, never a figure that is read. */
export function toPixelNumber(text: string): number {
  return Number(text);
}
