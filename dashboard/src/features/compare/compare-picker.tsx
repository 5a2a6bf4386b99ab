"use client";
import { Check } from "lucide-react";
import { useFleet } from "@/api/queries/use-fleet";
import { MOST } from "@/lib/view-models/compare";
import { count } from "@/lib/view-models/format-number";
import { allTags, hasTags } from "@/lib/view-models/tags";
import { BotTag } from "@/ui/bot-tag";
import { PickOne } from "@/ui/pick-one";

type Props = {
  chosen: readonly string[];
  onToggle: (id: string) => void;
  onPick: (ids: string[]) => void;
};

/** Which bots stand side by side; two remain at least. */
export function ComparePicker({ chosen, onToggle, onPick }: Props) {
  const { bots, hues } = useFleet();
  const shared = allTags(bots).filter((one) => one.bots > 1);
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">Bots to compare</legend>
      {shared.length > 0 && (
        <PickOne
          label="Compare the bots with a tag"
          value=""
          options={[
            { value: "", text: "those tagged …" },
            ...shared.map(({ tag, bots: n }) => ({ value: tag, text: `${tag} (${count(n)})` })),
          ]}
          onChange={(tag) =>
            tag && onPick(bots.filter((bot) => hasTags(bot, [tag])).map((bot) => bot.id))
          }
        />
      )}
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
