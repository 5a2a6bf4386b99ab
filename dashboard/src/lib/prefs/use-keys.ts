"use client";
import { useEffect, useRef } from "react";

type Handlers = Partial<Record<string, (event: KeyboardEvent) => void>>;

const OPEN_DIALOG = "dialog[open], :popover-open";

/** Keys of the whole page. They are silent while someone types or a dialog is open. */
export function useKeys(handlers: Handlers): void {
  const current = useRef(handlers);
  useEffect(() => {
    current.current = handlers;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector(OPEN_DIALOG)) return;
      current.current[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.(event);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
