"use client";
import { Menu, Search, X } from "lucide-react";
import { useState } from "react";
import { Dialog } from "@/ui/dialog";
import { MainNav } from "./main-nav";
import { openPalette } from "./palette";

/** The screens on a phone: a sheet from the top. */
export function NavMenu() {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button
        type="button"
        aria-label="Screens"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        className="inline-flex size-8 items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text lg:hidden"
      >
        <Menu size={16} aria-hidden />
      </button>
      <Dialog
        open={open}
        onClose={close}
        title={<span className="label font-normal">Screens</span>}
        className="fixed inset-x-0 top-0 w-full max-w-none border-line-strong border-b p-3"
      >
        <button
          type="button"
          aria-label="Close"
          onClick={close}
          className="absolute top-2 right-3 inline-flex size-8 items-center justify-center rounded-sm text-muted hover:text-text"
        >
          <X size={16} aria-hidden />
        </button>
        <MainNav
          className="mt-2 grid grid-cols-2 gap-1"
          itemClassName="h-10 text-base"
          onGone={close}
        />
        <button
          type="button"
          onClick={() => {
            close();
            openPalette();
          }}
          className="mt-1 flex h-10 w-full items-center gap-2 rounded-sm border px-2 text-muted"
        >
          <Search size={14} aria-hidden />
          Bots, coins, and all else
        </button>
      </Dialog>
    </>
  );
}
