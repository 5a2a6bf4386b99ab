"use client";
import { History, X } from "lucide-react";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { clock, zoneLabel } from "@/lib/view-models/format-time";
import { setLive, useResetAt } from "@/live/use-live";
import { AlertBar } from "./alert-bar";
import { ShareBar } from "./share-bar";

/** What must not be missed, on every screen: bots gone quiet, records on their way, a new start. */
export function Notices() {
  const resetAt = useResetAt();
  const { zone } = usePrefs();
  return (
    <>
      <ShareBar />
      <AlertBar />
      {resetAt !== null && (
        <div
          role="status"
          className="flex min-h-8 items-center gap-2 border-b px-3 py-1 text-sm text-warn"
        >
          <History size={14} aria-hidden />
          The server no longer had the events since this page was last connected; everything was
          read again at {clock(resetAt, zone)} {zoneLabel(resetAt, zone)}.
          <button
            type="button"
            aria-label="Dismiss"
            onClick={() => setLive({ resetAt: null })}
            className="target ml-auto text-muted hover:text-text"
          >
            <X size={13} aria-hidden className="mx-auto" />
          </button>
        </div>
      )}
    </>
  );
}
