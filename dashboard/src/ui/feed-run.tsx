"use client";
import { ChevronRight } from "lucide-react";
import { useFleet } from "@/api/queries/use-fleet";
import type { DecisionRow } from "@/api/types";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { botName } from "@/lib/view-models/bots";
import { runFacts } from "@/lib/view-models/feed-runs";
import { count } from "@/lib/view-models/format-number";
import { clock } from "@/lib/view-models/format-time";
import { hueColor } from "@/lib/view-models/hue";
import { Moment } from "./moment";

type Props = {
  id: string;
  rows: readonly DecisionRow[];
  open: boolean;
  alone?: boolean;
  onToggle: () => void;
};

/** A run of decisions to do nothing, on one line: how many, how long, by whom, in what. */
export function FeedRun({ id, rows, open, alone = false, onToggle }: Props) {
  const { byId, hues } = useFleet();
  const { zone } = usePrefs();
  const { bots, coins, newest, oldest } = runFacts(rows);
  const names = bots.map((row) =>
    botName(byId.get(row.bot_id) ?? { id: row.bot_id, name: row.bot_name }),
  );
  const [from, to] = [oldest, newest].map((row) => clock(row.time, zone, false));
  return (
    <button
      type="button"
      data-run={id}
      aria-expanded={open}
      onClick={onToggle}
      className="flex h-full w-full items-center gap-2 overflow-hidden whitespace-nowrap border-b bg-bg/60 px-3 text-left text-sm hover:bg-raised/60"
    >
      <Moment at={newest.time} className="text-faint" />
      {!alone && (
        <span className="flex shrink-0 gap-1" title={names.join(", ")}>
          {bots.map((row) => (
            <span
              key={row.bot_id}
              aria-hidden
              className="size-2 rounded-[2px]"
              style={{ background: hueColor(hues[row.bot_id]) }}
            />
          ))}
          <span className="sr-only">{names.join(", ")}</span>
        </span>
      )}
      <span className="font-medium text-muted">{count(rows.length)} holds</span>
      {from !== to && <span className="num text-faint">since {from}</span>}
      <span className="min-w-0 truncate text-faint">{coins.join(", ")}</span>
      <ChevronRight
        size={13}
        aria-hidden
        className={`ml-auto shrink-0 text-faint ${open ? "rotate-90" : ""}`}
      />
    </button>
  );
}
