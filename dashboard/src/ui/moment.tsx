"use client";
import { serverNow } from "@/api/clock";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { clock, full, moment } from "@/lib/view-models/format-time";

type Props = { at: string | null | undefined; seconds?: boolean; className?: string };

/** An instant in the chosen zone; its full form, in that zone and in UTC, on hover. */
export function Moment({ at, seconds = false, className = "" }: Props) {
  const { zone } = usePrefs();
  if (!at) return <span className={`num ${className}`}>—</span>;
  const other = zone === "utc" ? "" : `\n${full(at, "utc")}`;
  return (
    <time dateTime={at} title={full(at, zone) + other} className={`num ${className}`}>
      {seconds ? clock(at, zone) : moment(at, zone, serverNow())}
    </time>
  );
}
