"use client";
import { memo, useState } from "react";
import type { BotRow, DecisionRow } from "@/api/types";
import { stagesOf } from "@/lib/view-models/chain";
import {
  hasStages,
  isQuiet,
  reasonLines,
  reasonOf,
  statedConfidence,
} from "@/lib/view-models/feed-row";
import { percent } from "@/lib/view-models/format-number";
import { BotTag } from "./bot-tag";
import { Moment } from "./moment";
import { SignalWord } from "./signal-word";
import { StageLine } from "./stage-line";

type Props = {
  row: DecisionRow;
  bot: Pick<BotRow, "id" | "name">;
  hue: number | undefined;
  selected: boolean;
  /** It has just come in: it fades in, once. What is scrolled to is simply there. */
  fresh: boolean;
  /** It belongs to the unfolded run above it. */
  within?: boolean;
  /** All rows are of one bot: its name would only take room. */
  alone?: boolean;
  onOpen: (id: string | null) => void;
};

/** One decision: when, who, what, how sure; asked, allowed and executed; and why. */
export const FeedRow = memo(function FeedRow(props: Props) {
  const { row, bot, hue, selected, fresh, within = false, alone = false, onOpen } = props;
  const [arrives] = useState(fresh);
  const confidence = statedConfidence(row);
  const quiet = isQuiet(row);
  return (
    <button
      type="button"
      data-decision={row.id}
      aria-current={selected || undefined}
      onClick={() => onOpen(selected ? null : row.id)}
      className={`flex h-full w-full flex-col gap-1 overflow-hidden border-b ${within ? "pl-6" : "pl-3"} ${quiet ? "justify-center" : "py-2"} pr-3 text-left hover:bg-raised/60 ${arrives ? "animate-arrive" : ""} ${selected ? "bg-raised shadow-[inset_2px_0_0_var(--accent)]" : ""}`}
    >
      <span className="flex w-full items-center gap-2">
        <Moment at={row.time} className="text-faint" />
        {!alone && (
          <span className="max-w-28 min-w-0 shrink-0 text-muted text-sm">
            <BotTag bot={bot} hue={hue} />
          </span>
        )}
        <span className="font-medium">{row.coin}</span>
        <SignalWord signal={row.signal} />
        {quiet && (
          <span className="min-w-0 flex-1 truncate text-faint text-sm" dir="auto">
            {reasonOf(row)}
          </span>
        )}
        {confidence !== null && (
          <span className="num ml-auto text-faint" title="The confidence that the decider stated">
            {percent(confidence, { signed: false, places: 0 })}
          </span>
        )}
      </span>
      {hasStages(row) && <StageLine stages={stagesOf(row)} />}
      {!quiet && (
        <span
          className={`${reasonLines(row) === 2 ? "line-clamp-2" : "line-clamp-1"} text-muted text-sm`}
          dir="auto"
        >
          {reasonOf(row)}
        </span>
      )}
    </button>
  );
});
