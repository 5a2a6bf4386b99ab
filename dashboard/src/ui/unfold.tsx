import { ChevronRight } from "lucide-react";
import { count } from "@/lib/view-models/format-number";

type Props = { open: boolean; onOpen: (open: boolean) => void; title: string; length: number };

/** Opens and closes a long text, and tells how long it is. */
export function Unfold({ open, onOpen, title, length }: Props) {
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={() => onOpen(!open)}
      className="target flex flex-1 items-center gap-1.5 text-left text-sm hover:text-accent"
    >
      <ChevronRight size={13} aria-hidden className={open ? "rotate-90" : ""} />
      {title}
      <span className="num text-faint">{count(length)} characters</span>
    </button>
  );
}
