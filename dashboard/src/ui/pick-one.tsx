"use client";

type Props = {
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
  onChange: (value: string) => void;
};

/** One of many, by the browser's own list. */
export function PickOne({ label, value, options, onChange }: Props) {
  return (
    <label className="flex h-6 items-center rounded-sm border bg-surface px-1 text-sm focus-within:border-accent">
      <span className="sr-only">{label}</span>
      <select
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="target h-full max-w-44 bg-transparent text-text focus:outline-none [&>option]:bg-surface"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}
