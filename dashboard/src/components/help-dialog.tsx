"use client";
import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { useKeys } from "@/prefs/use-keys";

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
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-bg/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-24 left-1/2 z-50 w-96 max-w-[calc(100vw-2rem)] -translate-x-1/2 border border-line-strong bg-surface p-4"
        >
          <div className="mb-3 flex items-center justify-between">
            <Dialog.Title className="font-semibold">Keys</Dialog.Title>
            <Dialog.Close
              aria-label="Close"
              className="target rounded-sm text-muted hover:text-text"
            >
              <X size={14} aria-hidden className="mx-auto" />
            </Dialog.Close>
          </div>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
            {KEYS.map(([key, does]) => (
              <div key={key} className="contents">
                <dt className="num rounded-sm border px-1.5 text-center">{key}</dt>
                <dd className="text-muted">{does}</dd>
              </div>
            ))}
          </dl>
          <p className="mt-3 text-faint text-sm">Keys are silent while you type.</p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
