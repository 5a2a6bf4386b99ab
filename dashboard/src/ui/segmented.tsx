"use client";
import { type ReactNode, useId } from "react";

type Props<T extends string> = {
  label: string;
  value: T;
  options: readonly { value: T; text: ReactNode; title?: string }[];
  onChange: (value: T) => void;
};

/** A few choices of which one holds; arrow keys move among them. */
export function Segmented<T extends string>({ label, value, options, onChange }: Props<T>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className="flex">
      {options.map((option) => (
        <label
          key={option.value}
          title={option.title}
          className="target relative inline-flex items-center rounded-sm px-1.5 text-faint text-sm hover:text-text has-checked:bg-raised has-checked:text-text"
        >
          <span>{option.text}</span>
          {/* Over the whole place, so that a press anywhere on it is one on the choice. */}
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 size-full cursor-pointer appearance-none rounded-sm"
          />
        </label>
      ))}
    </div>
  );
}
