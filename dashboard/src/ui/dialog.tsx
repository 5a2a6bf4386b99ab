"use client";
import clsx from "clsx";
import { type MouseEvent, type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";

type Props = {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  /** For those who hear the page alone; else the title is the first line. */
  titleHidden?: boolean;
  className: string;
  children: ReactNode;
};

/**
 * The browser's own modal dialog: it keeps the focus, ends with Escape or a click beside it, and
 * gives the focus back to where it was.
 */
export function Dialog(props: Props) {
  return props.open ? createPortal(<Opened {...props} />, document.body) : null;
}

function Opened({ onClose, title, titleHidden, className, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const name = useId();
  // Before the element is taken away, or the focus would not be given back.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <dialog
      ref={element}
      aria-labelledby={name}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A browser may close it without asking first.
      onClose={() => !element.current?.open && onClose()}
      onClick={(event) => isBeside(event) && onClose()}
      className={clsx("bg-surface text-text backdrop:bg-bg/70", className)}
    >
      <h2 id={name} className={titleHidden ? "sr-only" : "font-semibold"}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

/** True for a click on what lies behind the dialog: the browser tells it as one on the dialog. */
function isBeside({ target, currentTarget, clientX, clientY }: MouseEvent<HTMLElement>): boolean {
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  const within = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
  return target === currentTarget && !within;
}
