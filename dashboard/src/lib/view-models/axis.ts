import type { Unit } from "./equity";
import { percent, usd, usdShort } from "./format-number";

/** About so many labels stand on an axis of values. */
const LABELS = 6;

/**
 * Decimals at which neighbouring labels of an axis over this height differ; below 0 for dollars
 * whose tens, hundreds, … need not be told.
 */
export function axisPlaces(height: number, unit: Unit): number {
  const step = (height / LABELS) * (unit === "usd" ? 1 : 100);
  if (!(step > 0)) return 2;
  return Math.min(8, Math.max(unit === "usd" ? -12 : 0, Math.ceil(-Math.log10(step)) + 1));
}

/** A label of the axis, which is a pixel's figure: its rounding noise around 0 is cut off. */
export function axisText(value: number, unit: Unit, places: number): string {
  const text = value.toFixed(Math.min(20, Math.max(0, places) + 4));
  if (unit !== "usd") return percent(text, { signed: unit === "pct", places });
  if (Math.abs(value) < 1e6) return usd(text, { places: Math.max(0, places) });
  // In millions or billions, with as many decimals of those as tell neighbours apart.
  const digits = Math.floor(Math.log10(Math.abs(value)) / 3) * 3;
  return usdShort(text, { places: Math.min(12, Math.max(2, places + digits)) });
}
