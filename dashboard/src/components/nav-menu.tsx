"use client";
import { Menu, Search, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { MainNav } from "./main-nav";
import { openPalette } from "./palette";

/** The screens on a phone: a sheet from the top. */
export function NavMenu() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger
        aria-label="Screens"
        className="inline-flex size-8 items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text lg:hidden"
      >
        <Menu size={16} aria-hidden />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-bg/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 top-0 z-50 border-line-strong border-b bg-surface p-3"
        >
          <div className="mb-1 flex items-center justify-between">
            <Dialog.Title className="label">Screens</Dialog.Title>
            <Dialog.Close
              aria-label="Close"
              className="inline-flex size-8 items-center justify-center rounded-sm text-muted hover:text-text"
            >
              <X size={16} aria-hidden />
            </Dialog.Close>
          </div>
          <MainNav
            className="grid grid-cols-2 gap-1"
            itemClassName="h-10 text-base"
            onGone={() => setOpen(false)}
          />
          <button
            type="button"
            onClick={() => {
              setOpen(false);
              openPalette();
            }}
            className="mt-1 flex h-10 w-full items-center gap-2 rounded-sm border px-2 text-muted"
          >
            <Search size={14} aria-hidden />
            Bots, coins, and all else
          </button>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
