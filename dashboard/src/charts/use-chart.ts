"use client";
import { useEffect, useRef, useState } from "react";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { useZoom } from "@/lib/prefs/use-zoom";
import type { Zone } from "@/lib/view-models/format-time";
import type { ZoomEvents } from "./equity-zoom";

/**
 * A chart in its frame, made anew when the zone changes. The caller draws it: also when `theme`
 * or `colours` change, for its colours are read from the page.
 */
export function useChart<Handle extends { remove: () => void }>(
  make: (frame: HTMLElement, zone: Zone, zoom: ZoomEvents) => Handle,
) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<Handle | null>(null);
  const [zoomed, setZoomed] = useState(false);
  const [window, setWindow] = useZoom();
  const newest = useRef({ make, setWindow });
  useEffect(() => {
    newest.current = { make, setWindow };
  });
  const { theme, zone, colours } = usePrefs();

  useEffect(() => {
    if (!frame.current) return;
    const handle = newest.current.make(frame.current, zone, {
      onZoom: setZoomed,
      onWindow: (next) => void newest.current.setWindow(next),
    });
    chart.current = handle;
    return () => {
      chart.current = null;
      handle.remove();
    };
  }, [zone]);

  return { frame, chart, zoomed, window, zone, theme, colours };
}
