"use client";
import type { ReactNode } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { NamesTold } from "@/ui/short-name";
import { AlarmSignals } from "./alarm-signals";
import { HelpDialog } from "./help-dialog";
import { Notices } from "./notices";
import { Palette } from "./palette";
import { TopBar } from "./top-bar";

/** What stands around every screen. */
export function Shell({ children }: { children: ReactNode }) {
  const { bots } = useFleet();
  return (
    <NamesTold bots={bots}>
      <TopBar />
      <Notices />
      <main className="min-w-0">{children}</main>
      <HelpDialog />
      <Palette />
      <AlarmSignals />
    </NamesTold>
  );
}
