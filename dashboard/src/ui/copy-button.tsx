"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label }: { text: string | (() => string); label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setCopied(true);
    } catch {
      setCopied(false);
    }
  };
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={copy}
      className="target inline-flex items-center gap-1.5 rounded-sm border px-2 text-muted text-sm hover:bg-raised hover:text-text"
    >
      <Icon size={12} aria-hidden />
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </button>
  );
}
