"use client";
import type { ReactNode } from "react";
import { serverNow } from "@/api/clock";
import { useNow } from "@/lib/prefs/use-now";
import {
  COLOURS,
  DENSITIES,
  MOTIONS,
  type Prefs,
  setPrefs,
  THEMES,
  usePrefs,
} from "@/lib/prefs/use-prefs";
import { full } from "@/lib/view-models/format-time";
import { Delta } from "@/ui/delta";
import { Segmented } from "@/ui/segmented";

/** What this browser was told about zone, theme, colours, motion and density. */
export function LookSettings() {
  const prefs = usePrefs();
  const now = useNow();
  return (
    <dl className="flex flex-col divide-y border-y">
      <Row name="Times" note={now === 0 ? "" : full(serverNow(), prefs.zone)}>
        <Segmented
          label="Times"
          value={prefs.zone === "local" ? "local" : "utc"}
          options={[
            { value: "utc", text: "UTC" },
            { value: "local", text: "local" },
          ]}
          onChange={(zone) => setPrefs({ zone })}
        />
      </Row>
      <Choice name="Theme" of="theme" options={THEMES} prefs={prefs} />
      <Row
        name="Colours"
        note={
          <span className="flex gap-3">
            <Delta value="0.0137" as="percent" />
            <Delta value="-0.008" as="percent" />
          </span>
        }
      >
        <Segmented
          label="Colours"
          value={prefs.colours}
          options={COLOURS.map((value) => ({ value, text: value }))}
          onChange={(colours) => setPrefs({ colours })}
        />
      </Row>
      <Choice name="Motion" of="motion" options={MOTIONS} prefs={prefs} />
      <Choice name="Rows" of="density" options={DENSITIES} prefs={prefs} />
    </dl>
  );
}

type ChoiceProps<K extends "theme" | "motion" | "density"> = {
  name: string;
  of: K;
  options: readonly Prefs[K][];
  prefs: Prefs;
};

function Choice<K extends "theme" | "motion" | "density">(props: ChoiceProps<K>) {
  const { name, of, options, prefs } = props;
  return (
    <Row name={name}>
      <Segmented
        label={name}
        value={prefs[of]}
        options={options.map((value) => ({ value, text: value }))}
        onChange={(next) => setPrefs({ [of]: next })}
      />
    </Row>
  );
}

function Row({ name, note, children }: { name: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 py-1">
      <dt className="w-20">{name}</dt>
      <dd className="flex flex-1 flex-wrap items-center justify-between gap-x-3">
        {children}
        {note && <span className="num text-faint">{note}</span>}
      </dd>
    </div>
  );
}
