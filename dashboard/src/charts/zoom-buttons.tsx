import { ImageDown, Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import type { Zoom } from "./equity-drawing";

const BUTTONS = [
  { way: "in", icon: ZoomIn, text: "Zoom in" },
  { way: "out", icon: ZoomOut, text: "Zoom out" },
  { way: "all", icon: Maximize2, text: "Show all of it" },
] as const;

/** Zooming for those without a wheel; under the names, where the axis has no ticks. */
export function ZoomButtons(props: {
  zoomed: boolean;
  onZoom: (way: Zoom) => void;
  /** Saves what is shown as a picture. */
  onPicture: () => void;
  /** Pixels that belong to the names above: no tick of the axis shows there. */
  width?: number;
}) {
  return (
    <div
      className="absolute right-0 bottom-0 z-10 flex h-7 items-center justify-end bg-surface pr-1 pl-2"
      style={{ width: props.width }}
    >
      {BUTTONS.map(({ way, icon: Icon, text }) => (
        <button
          key={way}
          type="button"
          aria-label={text}
          title={way === "in" ? `${text} (Ctrl + wheel)` : text}
          disabled={way !== "in" && !props.zoomed}
          onClick={() => props.onZoom(way)}
          className="target inline-flex items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text disabled:text-line-strong disabled:hover:bg-transparent"
        >
          <Icon size={12} aria-hidden />
        </button>
      ))}
      <button
        type="button"
        data-picture
        aria-label="Save the chart as PNG"
        title="Save the chart as PNG"
        onClick={props.onPicture}
        className="target inline-flex items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text"
      >
        <ImageDown size={12} aria-hidden />
      </button>
    </div>
  );
}
