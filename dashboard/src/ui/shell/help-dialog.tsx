"use client";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useKeys } from "@/lib/prefs/use-keys";
import { Dialog } from "@/ui/dialog";

const KEYS: readonly [string, string][] = [
  ["Ctrl K  ⌘K", "Go to anything, do anything"],
  ["J  K", "Down, up the list: the older, the newer one"],
  ["Enter", "Open it"],
  ["Esc", "Close what is open"],
  ["/", "Filter"],
  ["T", "Trades only, or every decision"],
  ["H", "Holds folded, or one by one"],
  ["Ctrl + wheel", "Zoom the chart"],
  ["?", "This list"],
];

const HELP = "motherhaven:help";

export function openHelp(): void {
  window.dispatchEvent(new Event(HELP));
}

/** The keys, on "?". */
export function HelpDialog() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const show = () => setOpen(true);
    window.addEventListener(HELP, show);
    return () => window.removeEventListener(HELP, show);
  }, []);
  useKeys({ "?": () => setOpen(true) });
  return (
    <Dialog
      open={open}
      onClose={() => setOpen(false)}
      title="Keys"
      className="fixed top-24 left-1/2 w-96 max-w-[calc(100vw-2rem)] -translate-x-1/2 border border-line-strong p-4"
    >
      <button
        type="button"
        aria-label="Close"
        onClick={() => setOpen(false)}
        className="target absolute top-3 right-3 rounded-sm text-muted hover:text-text"
      >
        <X size={14} aria-hidden className="mx-auto" />
      </button>
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        {KEYS.map(([key, does]) => (
          <div key={key} className="contents">
            <dt className="num rounded-sm border px-1.5 text-center">{key}</dt>
            <dd className="text-muted">{does}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-3 text-faint text-sm">Keys are silent while you type.</p>
    </Dialog>
  );
}
