"use client";
import { useNow } from "@/lib/prefs/use-now";
import { age } from "@/lib/view-models/format-time";

/** How long ago something was, counting on. */
export function Age({ at, className = "" }: { at: string | null | undefined; className?: string }) {
  const now = useNow();
  const time = at ? Date.parse(at) : Number.NaN;
  return <span className={`num ${className}`}>{age(now === 0 ? null : now - time)}</span>;
}
