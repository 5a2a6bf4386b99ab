import { multiply, parseDecimal, toText } from "./decimal";

/** What stands for an unknown figure. It is never 0. */
export const UNKNOWN = "—";
const MINUS = "\u2212";
const THIN = "\u202f";

type Exact = Intl.StringNumericLiteral;
type Amount = string | null | undefined;
type Options = { signed?: boolean };

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(minimum: number, maximum: number, signed: boolean): Intl.NumberFormat {
  const key = `${minimum}/${maximum}/${signed}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: minimum,
      maximumFractionDigits: maximum,
      signDisplay: signed ? "exceptZero" : "negative",
    });
    formatters.set(key, found);
  }
  return found;
}

/** Formats exactly: Intl reads the decimal text itself, so no digit passes through a double. */
function fixed(text: string, places: number, signed: boolean, atLeast = places): string {
  return formatter(atLeast, places, signed)
    .format(text as Exact)
    .replace("-", MINUS);
}

/** Puts the unit between the sign and the digits: −$0.42, +<$0.01. */
function withPrefix(number: string, prefix: string): string {
  return number.replace(/^([+\u2212]?<?)/, `$1${prefix.replaceAll("$", "$$$$")}`);
}

/** Decimals, two by default; a figure too small to show keeps its sign: −<0.01. */
export function decimal(value: Amount, places = 2, { signed = false }: Options = {}): string {
  const exact = parseDecimal(value);
  if (!exact) return UNKNOWN;
  const shown = fixed(toText(exact), places, signed);
  if (exact.units === 0n || /[1-9]/.test(shown)) return shown;
  const sign = exact.units < 0n ? MINUS : signed ? "+" : "";
  return `${sign}<${places === 0 ? "1" : `0.${"0".repeat(places - 1)}1`}`;
}

/** US dollars, to the cent by default: $1,000.00, −$0.42, +$3.10. */
export function usd(value: Amount, options: Options & { places?: number } = {}): string {
  const shown = decimal(value, options.places ?? 2, options);
  return shown === UNKNOWN ? shown : withPrefix(shown, "$");
}

/** US dollars where room is scarce: from a million on $802.21M, below it to the cent. */
export function usdShort(value: Amount, options: Options & { places?: number } = {}): string {
  const exact = parseDecimal(value);
  const size = exact && (exact.units < 0n ? -exact.units : exact.units);
  if (!exact || !size || size < 1_000_000n * 10n ** BigInt(exact.scale)) {
    return usd(value, { signed: options.signed });
  }
  const shown = compact(options.places ?? 2)
    .format(toText(exact) as Exact)
    .replace("-", MINUS);
  return withPrefix(options.signed && exact.units > 0n ? `+${shown}` : shown, "$");
}

function compact(places: number): Intl.NumberFormat {
  const key = `compact/${places}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat("en-US", {
      notation: "compact",
      minimumFractionDigits: places,
      maximumFractionDigits: places,
      signDisplay: "negative",
    });
    formatters.set(key, found);
  }
  return found;
}

/** Small costs, such as a model call's: four decimals below one dollar. */
export function cost(value: Amount): string {
  const exact = parseDecimal(value);
  if (!exact) return UNKNOWN;
  const size = exact.units < 0n ? -exact.units : exact.units;
  const isSmall = size !== 0n && size < 10n ** BigInt(exact.scale);
  return usd(value, { places: isSmall ? 4 : 2 });
}

/** A fraction as per cent with its sign: 0.0137 is +1.37 %. */
export function percent(value: Amount, { signed = true, places = 2 } = {}): string {
  const exact = parseDecimal(value);
  if (!exact) return UNKNOWN;
  const hundredfold = multiply(exact, { units: 100n, scale: 0 });
  return `${decimal(toText(hundredfold), places, { signed })}${THIN}%`;
}

/** Basis points, of which a hundred are one percent; the sign says worse or better. */
export function basisPoints(value: Amount): string {
  if (!parseDecimal(value)) return UNKNOWN;
  return `${decimal(value, 1, { signed: true })}${THIN}bp`;
}

/** A price: cents for large ones, five significant digits for those of small coins. */
export function price(value: Amount): string {
  const exact = parseDecimal(value);
  if (!exact) return UNKNOWN;
  const digits = (exact.units < 0n ? -exact.units : exact.units).toString();
  const magnitude = digits === "0" ? 0 : digits.length - exact.scale;
  if (magnitude > 3) return fixed(toText(exact), 2, false);
  if (magnitude > 0) return fixed(toText(exact), 5 - magnitude, false, 2);
  return fixed(toText(exact), Math.min(5 - magnitude, 20), false, 2);
}

/** A quantity of coin or a factor, as exact as it came, at most `places` decimals. */
export function quantity(value: Amount, places = 6, { signed = false }: Options = {}): string {
  const exact = parseDecimal(value);
  return exact ? fixed(toText(exact), places, signed, 0) : UNKNOWN;
}

/** A leverage: 5×. */
export function leverage(value: Amount): string {
  const shown = quantity(value, 2);
  return shown === UNKNOWN ? shown : `${shown}×`;
}

/** A count with its thousands grouped. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  return formatter(0, 0, false).format(value).replace("-", MINUS);
}

/** A count where there is little room: "2.0k" from a thousand on, "12k" from ten thousand. */
export function countShort(value: number | null | undefined): string {
  if (value == null || value < 1000) return count(value);
  const thousands = value / 1000;
  return `${thousands < 10 ? (Math.floor(thousands * 10) / 10).toFixed(1) : count(Math.floor(thousands))}k`;
}

/** Wins out of n as per cent; unknown without any. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return UNKNOWN;
  return `${formatter(0, 0, false).format((100 * part) / whole)}${THIN}%`;
}

/** Milliseconds as a duration: 320 ms, 4.1 s, 2 min 05 s, 3 h 20 min, 4 d 6 h. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) {
    return UNKNOWN;
  }
  if (milliseconds < 1000) return `${Math.round(milliseconds)}${THIN}ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)}${THIN}s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)}${THIN}d ${hoursOf(seconds)}`;
  if (seconds >= 3600) {
    return `${hoursOf(seconds)} ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}${THIN}min`;
  }
  if (seconds % 60 === 0) return `${seconds / 60}${THIN}min`;
  const rest = String(seconds % 60).padStart(2, "0");
  return `${Math.floor(seconds / 60)}${THIN}min ${rest}${THIN}s`;
}

function hoursOf(seconds: number): string {
  return `${Math.floor((seconds % 86_400) / 3600)}${THIN}h`;
}
