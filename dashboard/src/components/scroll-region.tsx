"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

type Props = { label: string; className?: string; children: ReactNode };

/** What may be wider or higher than its place: then, and only then, keys can scroll it. */
export function ScrollRegion({ label, className = "", children }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    const measure = () =>
      setOverflows(node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight);
    const watcher = new ResizeObserver(measure);
    watcher.observe(node);
    if (node.firstElementChild) watcher.observe(node.firstElementChild);
    return () => watcher.disconnect();
  }, []);
  const reach = overflows ? { tabIndex: 0, role: "region", "aria-label": label } : {};
  return (
    <div ref={element} className={`overflow-auto ${className}`} {...reach}>
      {children}
    </div>
  );
}
