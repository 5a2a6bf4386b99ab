"use client";
import type { ReactNode } from "react";
import { HelpDialog } from "./help-dialog";
import { Notices } from "./notices";
import { Palette } from "./palette";
import { TopBar } from "./top-bar";

/** What stands around every screen. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <>
      <TopBar />
      <Notices />
      <main className="min-w-0">{children}</main>
      <HelpDialog />
      <Palette />
    </>
  );
}
