import { Download } from "lucide-react";
import { type Exported, exportHref } from "@/shape/export";

type Props = { what: Exported; bot?: string | null };

/** The whole list as a file, of every bot or of the one that is filtered for. */
export function ExportLinks({ what, bot = null }: Props) {
  return (
    <span className="inline-flex items-center gap-1">
      <Download size={11} aria-hidden />
      {(["csv", "json"] as const).map((format) => (
        <a
          key={format}
          href={exportHref(what, format, bot)}
          download
          title={`All ${what} as ${format.toUpperCase()}`}
          className="target inline-flex items-center justify-center px-1 underline-offset-2 hover:text-text hover:underline"
        >
          <span className="sr-only">Export {what} as </span>
          {format.toUpperCase()}
        </a>
      ))}
    </span>
  );
}
