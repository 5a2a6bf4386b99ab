"use client";
import { Search, X } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";

type Props = {
  field: RefObject<HTMLInputElement | null>;
  value: string;
  /** `goesOn`: it follows another change since the field was entered. */
  onChange: (value: string, goesOn: boolean) => void;
};

/** One field for coin, bot and signal. What is typed takes effect after a short rest. */
export function FeedFilterField({ field, value, onChange }: Props) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const goesOn = useRef(false);
  // Rows that stream in draw this anew: they must not hold back what was typed.
  const apply = useRef(onChange);
  useEffect(() => {
    apply.current = onChange;
  });
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => {
      apply.current(text, goesOn.current);
      goesOn.current = true;
    }, 250);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <label className="flex h-[26px] items-center gap-1.5 rounded-sm border px-2 focus-within:border-accent">
      <Search size={12} aria-hidden className="text-faint" />
      <span className="sr-only">Filter by coin, bot, signal, verdict or executed</span>
      <input
        ref={field}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onFocus={() => {
          goesOn.current = false;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          // First the words go, then the field is left.
          if (text === "") event.currentTarget.blur();
          else {
            setText("");
            onChange("", false);
          }
        }}
        placeholder="btc buy …  /"
        spellCheck={false}
        autoComplete="off"
        className="h-6 w-20 bg-transparent text-sm placeholder:text-faint focus:outline-none"
      />
      {text !== "" && (
        <button
          type="button"
          aria-label="Clear the filter"
          onClick={() => {
            setText("");
            onChange("", false);
          }}
          className="target -mr-1.5 inline-flex items-center justify-center text-faint hover:text-text"
        >
          <X size={12} aria-hidden />
        </button>
      )}
    </label>
  );
}
