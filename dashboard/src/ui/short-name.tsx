"use client";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { BotRow } from "@/api/types";
import { botName } from "@/lib/view-models/bots";
import { nameParts, sharedEnds } from "@/lib/view-models/short-names";

const SharedEnds = createContext<ReadonlyMap<string, number>>(new Map());

/** Tells the names below it how the bots' names differ. */
export function NamesTold({ bots, children }: { bots: readonly BotRow[]; children: ReactNode }) {
  const names = bots.map(botName).join("\n");
  const shared = useMemo(() => sharedEnds(names.split("\n")), [names]);
  return <SharedEnds value={shared}>{children}</SharedEnds>;
}

/**
 * A name on one line; where it is too long, what it shares with others goes first, then its
 * middle. The whole is in its title.
 */
export function ShortName({ text, className = "" }: { text: string; className?: string }) {
  const shared = useContext(SharedEnds).get(text);
  const { head, key, rest } = nameParts(text, shared);
  return (
    <span className={`flex min-w-0 whitespace-pre ${className}`} title={text}>
      <span className="min-w-0 truncate">{head}</span>
      {key && <span className="shrink-0">{key}</span>}
      {rest && <span className="min-w-[1.2em] shrink-[9999] truncate">{rest}</span>}
    </span>
  );
}
