import { Download } from "lucide-react";

/** A file that the server gives; the browser saves it without the page reading it. */
export function DownloadLink({ href, name }: { href: string; name: string }) {
  return (
    <a
      href={href}
      download={name}
      className="target inline-flex items-center gap-1.5 rounded-sm border px-2 text-muted text-sm hover:bg-raised hover:text-text"
    >
      <Download size={12} aria-hidden />
      Download
    </a>
  );
}
