"use client";
import { Download } from "lucide-react";
import { useShare } from "@/api/queries/use-shares";
import { type Exported, exportHref } from "@/lib/view-models/export";

type Props = { what: Exported; bot?: string | null; tags?: readonly string[] };

/** The whole list as a file: of every bot, of one, or of those with tags. */
export function ExportLinks({ what, bot = null, tags = [] }: Props) {
  if (useShare()) return null;
  return (
    <span className="inline-flex items-center gap-1">
      <Download size={11} aria-hidden />
      {(["csv", "json"] as const).map((format) => (
        <a
          key={format}
          href={exportHref(what, format, bot, tags)}
          download
          title={`All ${what}${tags.length > 0 ? ` of bots tagged ${tags.join(" and ")}` : ""} as ${format.toUpperCase()}`}
          className="target inline-flex items-center justify-center px-1 underline-offset-2 hover:text-text hover:underline"
        >
          <span className="sr-only">Export {what} as </span>
          {format.toUpperCase()}
        </a>
      ))}
    </span>
  );
}
