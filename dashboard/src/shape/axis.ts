import type { Unit } from "./equity";
import { percent, usd, usdShort } from "./format-number";

/** About so many labels stand on an axis of values. */
const LABELS = 6;

/** Decimals at which neighbouring labels of an axis over this height differ. */
export function axisPlaces(height: number, unit: Unit): number {
  const step = (height / LABELS) * (unit === "usd" ? 1 : 100);
  if (!(step > 0)) return 2;
  return Math.min(8, Math.max(0, Math.ceil(-Math.log10(step)) + 1));
}

/** A label of the axis, which is a pixel's figure: its rounding noise around 0 is cut off. */
export function axisText(value: number, unit: Unit, places: number): string {
  const text = value.toFixed(Math.min(20, places + 4));
  if (unit !== "usd") return percent(text, { signed: unit === "pct", places });
  return Math.abs(value) >= 1e6 ? usdShort(text) : usd(text, { places });
}
