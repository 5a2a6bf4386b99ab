"use client";
import { useEffect, useState } from "react";

const FONTS = ['1em "Inter Variable"', '1em "JetBrains Mono Variable"'];

/** Whether the page's fonts are there, or cannot be had. */
export function useFontsReady(): boolean {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let wanted = true;
    void Promise.allSettled(FONTS.map((font) => document.fonts.load(font))).then(() => {
      if (wanted) setReady(true);
    });
    return () => {
      wanted = false;
    };
  }, []);
  return ready;
}
