"use client";
import { createParser, useQueryState } from "nuqs";
import { readWindow, type Window, windowText } from "@/lib/view-models/window";

// Zooming is a glance, not a step: Back leaves the screen, and does not undo it bit by bit.
const ZOOM = createParser<Window>({
  parse: readWindow,
  serialize: windowText,
  eq: (a, b) => a.from === b.from && a.to === b.to,
}).withOptions({ history: "replace" });

/** The stretch of time that the screen's chart is zoomed into, as the address says. */
export function useZoom() {
  return useQueryState("zoom", ZOOM);
}
