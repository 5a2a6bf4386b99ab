"use client";
import { useRouter } from "next/navigation";
import { useCallback } from "react";
import { newestHref } from "@/api/queries/newest";
import type { CommandAction } from "@/lib/view-models/commands";
import { openHelp } from "@/ui/shell/help-dialog";
import { getPrefs, setPrefs } from "./use-prefs";

/** Does what a command of the palette or the top bar asks for. */
export function useCommandAction(): (action: CommandAction) => void {
  const router = useRouter();
  return useCallback(
    (action: CommandAction) => {
      if ("go" in action) router.push(action.go);
      else if ("newest" in action) {
        newestHref(action.newest)
          .then((href) => router.push(href))
          // Without an answer the screen itself tells what is wrong, and offers to try again.
          .catch(() => router.push(`/llm-bot/${action.newest}`));
      } else if ("toggle" in action) toggle(action.toggle);
      else if (action.run === "help") openHelp();
      else if (action.run === "picture") chartButton()?.click();
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
