"use client";
import { useEffect, useState } from "react";
import { later } from "@/ui/later";

const PaletteDialog = later(() =>
  import("./palette-dialog").then((module) => module.PaletteDialog),
);

const PALETTE = "motherhaven:palette";

export function openPalette(): void {
  window.dispatchEvent(new Event(PALETTE));
}

/** Ctrl+K or ⌘K, from anywhere; what it shows is loaded when it is first asked for. */
export function Palette() {
  const [open, setOpen] = useState(false);
  const [wasOpen, setWasOpen] = useState(false);
  useEffect(() => {
    const show = () => {
      setWasOpen(true);
      setOpen(true);
    };
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      if (event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      setWasOpen(true);
      setOpen((now) => !now);
    };
    window.addEventListener(PALETTE, show);
    window.addEventListener("keydown", press);
    return () => {
      window.removeEventListener(PALETTE, show);
      window.removeEventListener("keydown", press);
    };
  }, []);
  return wasOpen ? <PaletteDialog open={open} onOpenChange={setOpen} /> : null;
}
