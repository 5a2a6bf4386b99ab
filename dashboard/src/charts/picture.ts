import type { IChartApiBase, Time } from "lightweight-charts";
import { full, type Zone, zoneLabel } from "@/lib/view-models/format-time";

/** A chart's own canvas, and the time in sight, in seconds. */
export type Shot = {
  canvas: HTMLCanvasElement;
  /** Pixels of the canvas to a pixel of the page. */
  scale: number;
  /** Width without what is cropped at the right, in pixels of the page. */
  width: number;
  from: number | null;
  to: number | null;
};

/** A line of the legend: a mark as the chart has it, a name, and a figure. */
export type Key = { name: string; figure?: string; color: string; dash?: readonly number[] };

export type Picture = { title: string; notes: readonly string[]; keys: readonly Key[] };

/** The dashes of lines as in the chart, for the legend. */
export const PICTURE_DASHES: readonly (readonly number[])[] = [[], [4, 2], [1.5, 2], [7, 2]];

/** A colour that a canvas takes, of one that may name a property of the page. */
export function solid(color: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : color;
}

const FONT = '"Inter Variable", ui-sans-serif, system-ui, sans-serif';
const MARGIN = 16;
const ROW = 20;
/** Narrower than this a column of the legend cannot tell names apart, in pixels. */
const COLUMN = 260;
/** Half of the last date under the axis, which reaches beyond the last point, in pixels. */
const HALF_DATE = 40;
const CREDIT = "Motherhaven · chart by TradingView Lightweight Charts";

/** What is drawn now; `cropped`: pixels at the right that are room for the page's own names. */
export function shotOf(chart: IChartApiBase<Time>, width: number, cropped = 0): Shot {
  const canvas = chart.takeScreenshot();
  const seen = chart.timeScale().getVisibleRange();
  return {
    canvas,
    scale: canvas.width / Math.max(1, width),
    width: width - Math.max(0, cropped - HALF_DATE),
    from: seen ? Number(seen.from) : null,
    to: seen ? Number(seen.to) : null,
  };
}

/** Which stretch of time is drawn, and by which clocks. */
export function spanText({ from, to }: Pick<Shot, "from" | "to">, zone: Zone, now: number): string {
  const saved = `saved ${full(now, zone)}`;
  if (from === null || to === null) return saved;
  const zones = new Set([from, to].map((seconds) => zoneLabel(seconds * 1000, zone)));
  return `${full(from * 1000, zone)} to ${full(to * 1000, zone)} · times in ${[...zones].join(" and ")} · ${saved}`;
}

/** Chart, title, notes and legend on one canvas, in the colours of the page. */
export function pictureOf(shot: Shot, picture: Picture): HTMLCanvasElement {
  const { canvas: chart, scale } = shot;
  const color = (name: string) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const columns = Math.max(1, Math.floor(shot.width / COLUMN));
  const rows = Math.ceil(picture.keys.length / columns);
  const head = MARGIN + 24 + picture.notes.length * 18 + 6;
  const [width, height] = [shot.width + 2 * MARGIN, chart.height / scale];
  const whole = head + height + 8 + rows * ROW + 24 + MARGIN;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(whole * scale);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser gives no canvas to draw on");
  pen.scale(scale, scale);
  pen.fillStyle = color("surface");
  pen.fillRect(0, 0, width, whole);
  pen.textBaseline = "middle";
  write(pen, picture.title, MARGIN, MARGIN + 10, width - 2 * MARGIN, color("text"), 16, 600);
  picture.notes.forEach((note, index) => {
    const y = MARGIN + 33 + index * 18;
    write(pen, note, MARGIN, y, width - 2 * MARGIN, color("muted"), 12);
  });
  const taken = Math.round(shot.width * scale);
  pen.drawImage(chart, 0, 0, taken, chart.height, MARGIN, head, shot.width, height);
  const wide = shot.width / columns;
  picture.keys.forEach((key, index) => {
    const x = MARGIN + Math.floor(index / rows) * wide;
    drawKey(pen, key, x, head + height + 8 + (index % rows) * ROW + ROW / 2, wide - 12, color);
  });
  write(pen, CREDIT, MARGIN, whole - MARGIN - 2, width - 2 * MARGIN, color("faint"), 11);
  return canvas;
}

type Pen = CanvasRenderingContext2D;

function drawKey(
  pen: Pen,
  key: Key,
  x: number,
  y: number,
  width: number,
  color: (name: string) => string,
): void {
  pen.strokeStyle = key.color;
  pen.lineWidth = 2;
  pen.setLineDash([...(key.dash ?? [])]);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + 16, y);
  pen.stroke();
  pen.setLineDash([]);
  const figure = key.figure ?? "";
  pen.font = `400 12px ${FONT}`;
  const room = pen.measureText(figure).width;
  write(pen, key.name, x + 24, y, width - 32 - room, color("text"), 12);
  write(pen, figure, x + width - room, y, room + 1, color("text"), 12);
}

/** A text as far as there is room; what is cut off is told by an ellipsis. */
function write(
  pen: Pen,
  text: string,
  x: number,
  y: number,
  room: number,
  color: string,
  size: number,
  weight = 400,
): void {
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.fillStyle = color;
  let shown = text;
  while (shown.length > 1 && pen.measureText(shown).width > room) {
    shown = `${[...shown.replace(/…$/, "")].slice(0, -1).join("")}…`;
  }
  pen.fillText(shown, x, y);
}

/** Hands a picture to the browser as a file; nothing leaves this machine. */
export function savePicture(canvas: HTMLCanvasElement, name: string): void {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}

/** A file's name from what the picture shows: letters, figures and hyphens. */
export function fileName(title: string, now: number): string {
  const words = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  const time = new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "");
  return `motherhaven-${words || "chart"}-${time}Z.png`;
}
