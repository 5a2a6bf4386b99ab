"use client";
import { useRouter } from "next/navigation";
import { useCallback } from "react";
import { newestHref } from "@/api/queries/newest";
import type { Deed } from "@/lib/view-models/commands";
import { openHelp } from "@/ui/shell/help-dialog";
import { getPrefs, setPrefs } from "./use-prefs";

/** Does what a command of the palette or the top bar asks for. */
export function useDeed(): (deed: Deed) => void {
  const router = useRouter();
  return useCallback(
    (deed: Deed) => {
      if ("go" in deed) router.push(deed.go);
      else if ("newest" in deed) {
        newestHref(deed.newest)
          .then((href) => router.push(href))
          // Without an answer the screen itself tells what is wrong, and offers to try again.
          .catch(() => router.push(`/llm-bot/${deed.newest}`));
      } else if ("toggle" in deed) toggle(deed.toggle);
      else if (deed.run === "help") openHelp();
      else if (deed.run === "picture") chartButton()?.click();
      else void navigator.clipboard?.writeText(window.location.href);
    },
    [router],
  );
}

/** The button that saves the chart of this screen; null where there is none. */
export function chartButton(): HTMLButtonElement | null {
  return document.querySelector<HTMLButtonElement>("button[data-picture]");
}

function toggle(what: "zone" | "theme" | "colours" | "motion" | "density"): void {
  const now = getPrefs();
  if (what === "zone") setPrefs({ zone: now.zone === "utc" ? "local" : "utc" });
  else if (what === "theme") setPrefs({ theme: now.theme === "dark" ? "light" : "dark" });
  else if (what === "colours") {
    setPrefs({ colours: now.colours === "standard" ? "colour-blind" : "standard" });
  } else if (what === "motion") {
    setPrefs({ motion: now.motion === "system" ? "reduced" : "system" });
  } else setPrefs({ density: now.density === "compact" ? "comfortable" : "compact" });
}
