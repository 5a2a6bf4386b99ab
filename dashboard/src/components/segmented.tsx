"use client";
import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";

type Props<T extends string> = {
  label: string;
  value: T;
  options: readonly { value: T; text: ReactNode; title?: string }[];
  onChange: (value: T) => void;
};

/** A few choices of which one holds; arrow keys move among them. */
export function Segmented<T extends string>({ label, value, options, onChange }: Props<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onChange(next as T)}
      className="flex"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          title={option.title}
          className="target rounded-sm px-1.5 text-faint text-sm hover:text-text data-[state=on]:bg-raised data-[state=on]:text-text"
        >
          {option.text}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
