"use client";
import clsx from "clsx";
import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";

type Props = {
  /** What the button shows, and its name where that is no text. */
  text: ReactNode;
  textLabel?: string;
  textClass: string;
  /** The name of the panel. */
  label: string;
  className: string;
  onClosed?: () => void;
  /** Whether the button is on the printed page too. */
  printed?: boolean;
  /** Drawn while the panel is open; `close` ends it. */
  children: (close: () => void) => ReactNode;
};

/** The least distance to the edge of the window, and the one to the button, in pixels. */
const EDGE = 8;
const GAP = 4;

/** A button with the browser's own popover: Escape, a click elsewhere or the button close it. */
export function Popover(props: Props) {
  const { text, textLabel, textClass, label, className, onClosed, printed, children } = props;
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    if (open && button.current && panel.current) place(panel.current, button.current);
  }, [open]);
  return (
    <>
      <button
        ref={button}
        type="button"
        popoverTarget={id}
        aria-label={textLabel}
        aria-haspopup="dialog"
        data-print={printed ? "" : undefined}
        className={textClass}
      >
        {text}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        onToggle={(event) => {
          setOpen(event.newState === "open");
          if (event.newState === "closed") onClosed?.();
        }}
        className={clsx(
          "absolute inset-auto whitespace-normal rounded-sm border border-line-strong bg-surface text-left font-normal text-sm text-text",
          // Not before it is drawn and has its place.
          open ? "" : "invisible",
          className,
        )}
      >
        {open && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}

/** Below the button, ends aligned; above it where there is room only there. */
function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = at.bottom + GAP;
  const above = at.top - GAP - height;
  const fits = below + height <= clientHeight - EDGE || above < EDGE;
  const left = Math.max(EDGE, Math.min(at.right - width, clientWidth - width - EDGE));
  panel.style.left = `${left + window.scrollX}px`;
  panel.style.top = `${(fits ? below : above) + window.scrollY}px`;
}
