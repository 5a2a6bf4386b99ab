"use client";
import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { type Alarms, iconFor, loudnessOf, titleWith } from "@/lib/view-models/alarms";

/** Late bots in the tab's title and icon, where a page in the background shows them. */
export function TabSigns({ alarms }: { alarms: Alarms }) {
  const path = usePathname();
  const loudness = loudnessOf(alarms);
  const late = alarms.danger.length + alarms.late.length;

  useEffect(() => {
    const mark = () => {
      const wanted = titleWith(document.title, alarms);
      if (wanted !== document.title) document.title = wanted;
    };
    mark();
    // Each screen brings its own title, a moment after it is gone to.
    const watcher = new MutationObserver(mark);
    watcher.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => watcher.disconnect();
  }, [late, loudness, path]);

  useEffect(() => {
    for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="icon"]')) {
      link.href = loudness === "quiet" ? "/icon.svg" : iconFor(loudness);
    }
  }, [loudness, path]);
  return null;
}
