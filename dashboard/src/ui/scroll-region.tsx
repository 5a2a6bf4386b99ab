"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

type Props = { label: string; className?: string; children: ReactNode };

/**
 * What may be wider or higher than its place: then, and only then, keys can scroll it. A fade at
 * its right edge says that more is to come there.
 */
export function ScrollRegion({ label, className = "", children }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [overflows, setOverflows] = useState(false);
  const [more, setMore] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    const measure = () => {
      setOverflows(node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight);
      setMore(node.scrollLeft + node.clientWidth < node.scrollWidth - 1);
    };
    node.addEventListener("scroll", measure, { passive: true });
    const watcher = new ResizeObserver(measure);
    watcher.observe(node);
    if (node.firstElementChild) watcher.observe(node.firstElementChild);
    return () => {
      node.removeEventListener("scroll", measure);
      watcher.disconnect();
    };
  }, []);
  const reach = overflows ? { tabIndex: 0, role: "region", "aria-label": label } : {};
  return (
    <div
      ref={element}
      data-more={more || undefined}
      className={`@container overflow-auto data-more:[mask-image:linear-gradient(to_left,transparent,black_2.5rem)] ${className}`}
      {...reach}
    >
      {children}
    </div>
  );
}
