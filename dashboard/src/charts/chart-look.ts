import { CrosshairMode, LineStyle, type Time } from "lightweight-charts";
import { full, type Zone } from "@/lib/view-models/format-time";
import { HUES } from "@/lib/view-models/hue";

export type Colors = { text: string; line: string; strong: string; hues: string[] };

export function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--faint"),
    line: read("--line"),
    strong: read("--line-strong"),
    hues: Array.from({ length: HUES }, (_, hue) => read(`--hue-${hue}`)),
  };
}

/** Colours, fonts and labels that every chart has. */
export function lookOf(colors: Colors, zone: Zone, label: (value: number) => string) {
  return {
    layout: {
      background: { color: "transparent" },
      textColor: colors.text,
      fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace',
      fontSize: 11,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colors.line } },
    crosshair: {
      mode: CrosshairMode.Magnet,
      vertLine: {
        color: colors.strong,
        style: LineStyle.Solid,
        labelBackgroundColor: colors.strong,
      },
      horzLine: { visible: false, labelVisible: false },
    },
    localization: {
      priceFormatter: label,
      timeFormatter: (time: Time) => full(Number(time) * 1000, zone),
    },
  };
}
