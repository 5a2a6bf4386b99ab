"use client";
import { Keyboard, Moon, Search, Sun } from "lucide-react";
import Link from "next/link";
import { useFleet } from "@/api/queries/use-fleet";
import { setPrefs, usePrefs } from "@/lib/prefs/use-prefs";
import { modesOf } from "@/lib/view-models/bots";
import { ModeBadge } from "@/ui/mode-badge";
import { ConnectionPill } from "./connection-pill";
import { openHelp } from "./help-dialog";
import { MainNav } from "./main-nav";
import { NavMenu } from "./nav-menu";
import { openPalette } from "./palette";

/** What is true on every screen: the kind of money, whether the page is live, zone and theme. */
export function TopBar() {
  const { bots } = useFleet();
  const modes = modesOf(bots);
  const mixed = modes.length > 1;
  return (
    <header className="sticky top-0 z-30 flex h-11 items-center gap-x-3 border-b bg-bg px-3 py-1.5 max-sm:gap-x-1.5 max-sm:px-1.5">
      <NavMenu />
      <Link
        href="/llm-bot"
        prefetch={false}
        className="target flex items-center justify-center gap-2 font-semibold tracking-[0.08em]"
      >
        <Mark />
        <span className="text-sm max-sm:sr-only">MOTHERHAVEN</span>
      </Link>
      <div className="flex min-w-0 items-center gap-1.5 overflow-hidden">
        {modes.map(({ mode, bots: n }) => (
          <ModeBadge key={mode} mode={mode} bots={mixed ? n : undefined} brief={mixed} />
        ))}
      </div>
      <ConnectionPill />
      <MainNav className="flex max-lg:hidden" />
      <Controls />
    </header>
  );
}

function Controls() {
  const { zone, theme } = usePrefs();
  const Icon = theme === "dark" ? Sun : Moon;
  const button =
    "target inline-flex items-center justify-center rounded-sm px-1.5 text-muted text-sm hover:bg-raised hover:text-text";
  return (
    <div className="ml-auto flex items-center gap-1 max-sm:gap-0">
      <button
        type="button"
        className={`${button} gap-1.5 max-lg:hidden`}
        title="Go to anything, do anything (Ctrl K, ⌘K)"
        onClick={openPalette}
      >
        <Search size={13} aria-hidden />
        <span className="sr-only">Go to anything, do anything</span>
        <kbd aria-hidden className="num text-faint">
          Ctrl K
        </kbd>
      </button>
      <button
        type="button"
        className={`${button} font-mono`}
        title="Times in UTC or in this computer's zone"
        aria-label={
          zone === "utc" ? "Times are in UTC; show local times" : "Times are local; show UTC"
        }
        onClick={() => setPrefs({ zone: zone === "utc" ? "local" : "utc" })}
      >
        {zone === "utc" ? "UTC" : "local"}
      </button>
      <button
        type="button"
        className={button}
        aria-label={theme === "dark" ? "Light theme" : "Dark theme"}
        title={theme === "dark" ? "Light theme" : "Dark theme"}
        onClick={() => setPrefs({ theme: theme === "dark" ? "light" : "dark" })}
      >
        <Icon size={14} aria-hidden />
      </button>
      <button
        type="button"
        className={`${button} max-md:hidden`}
        aria-label="Keys"
        title="Keys (?)"
        onClick={openHelp}
      >
        <Keyboard size={14} aria-hidden />
      </button>
    </div>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 22 16" width="20" height="15" aria-hidden="true" className="shrink-0">
      <path d="M2 14V3l9 8 9-8v11" fill="none" stroke="currentColor" strokeWidth="2.2" />
      <circle cx="11" cy="2.4" r="2" fill="var(--accent)" />
    </svg>
  );
}
