import { dashOf, hueColor } from "@/lib/view-models/hue";

const DASHES = [undefined, "4 2", "1.5 2", "7 2"] as const;

/** A bot's line in little: its hue, and beyond the eighth bot its dash. */
export function LookMark({ look, wide = false }: { look: number | undefined; wide?: boolean }) {
  const dash = dashOf(look);
  if (dash === 0 && !wide) {
    return (
      <span
        aria-hidden
        className="size-2 shrink-0 rounded-[2px]"
        style={{ background: hueColor(look) }}
      />
    );
  }
  const width = wide ? 16 : 8;
  return (
    <svg aria-hidden="true" width={width} height="8" className="shrink-0">
      {wide ? (
        <path
          d={`M0 4H${width}`}
          stroke={hueColor(look)}
          strokeWidth="2"
          strokeDasharray={DASHES[dash]}
        />
      ) : (
        <path d={SHAPES[dash]} fill="none" stroke={hueColor(look)} strokeWidth="1.6" />
      )}
    </svg>
  );
}

/** A ring, a cross and a triangle in place of the square: told apart also without the line. */
const SHAPES = ["", "M4 1A3 3 0 1 0 4 7A3 3 0 1 0 4 1", "M1 1L7 7M7 1L1 7", "M4 1L7.2 7H.8Z"];
