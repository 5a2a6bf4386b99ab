import { UNKNOWN } from "./format-number";

/** As wide as a digit in the figures' font. */
const FIGURE_SPACE = "\u2007";

/** Pads numbers on the right so that, set flush right, their decimal points stand in line. */
export function alignDecimals(texts: readonly string[]): string[] {
  const tails = texts.map(tailOf);
  const longest = Math.max(0, ...tails);
  return texts.map((text, index) => text + FIGURE_SPACE.repeat(longest - (tails[index] ?? 0)));
}

function tailOf(text: string): number {
  const point = text.lastIndexOf(".");
  return text === UNKNOWN || point === -1 ? 0 : text.length - point;
}
