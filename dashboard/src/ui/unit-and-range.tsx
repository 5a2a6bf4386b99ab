import { RANGES } from "@/lib/prefs/use-view";
import type { Unit } from "@/lib/view-models/equity";
import { Segmented } from "./segmented";

const UNIT_OPTIONS = [
  { value: "usd", text: "$", title: "Equity in US dollars" },
  { value: "pct", text: "%", title: "Return since the begin of the range" },
  { value: "dd", text: "drawdown", title: "Fall below the peak within the range" },
] as const;

type Range = (typeof RANGES)[number];

type Props = {
  unit: Unit;
  range: Range;
  onChange: (next: { unit: Unit } | { range: Range }) => void;
};

/** In what a curve is told, and over which span. */
export function UnitAndRange({ unit, range, onChange }: Props) {
  return (
    <>
      <Segmented
        label="Unit"
        value={unit}
        options={UNIT_OPTIONS}
        onChange={(next) => onChange({ unit: next })}
      />
      <span aria-hidden className="h-4 border-l max-sm:hidden" />
      <Segmented
        label="Range"
        value={range}
        options={RANGES.map((value) => ({ value, text: value }))}
        onChange={(next) => onChange({ range: next })}
      />
    </>
  );
}
