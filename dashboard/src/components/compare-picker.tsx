"use client";
import { Check } from "lucide-react";
import { useFleet } from "@/queries/use-fleet";
import { MOST } from "@/shape/compare";
import { BotTag } from "./bot-tag";

type Props = { chosen: readonly string[]; onToggle: (id: string) => void };

/** Which bots stand side by side; two remain at least. */
export function ComparePicker({ chosen, onToggle }: Props) {
  const { bots, hues } = useFleet();
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">Bots to compare</legend>
      {bots.map((bot) => {
        const isChosen = chosen.includes(bot.id);
        return (
          <button
            key={bot.id}
            type="button"
            aria-pressed={isChosen}
            disabled={isChosen ? chosen.length <= 2 : chosen.length >= MOST}
            title={
              !isChosen && chosen.length >= MOST ? `At most ${MOST}: take one out first` : undefined
            }
            onClick={() => onToggle(bot.id)}
            className={`target inline-flex max-w-44 items-center gap-1.5 rounded-sm border px-2 text-sm enabled:hover:bg-raised disabled:cursor-default ${isChosen ? "border-line-strong bg-raised" : "text-muted"}`}
          >
            <BotTag bot={bot} hue={hues[bot.id]} />
            {isChosen && <Check size={12} aria-hidden className="shrink-0" />}
          </button>
        );
      })}
    </fieldset>
  );
}
