import type { BotRow, Range } from "@/api/types";
import { botReturn } from "@/lib/view-models/bots";
import { count, percent, share, usd, usdShort } from "@/lib/view-models/format-number";
import { kindOf } from "@/lib/view-models/kind";
import { tagsOf } from "@/lib/view-models/tags";
import { Age } from "@/ui/age";
import { BotLink } from "@/ui/bot-link";
import { BotPulse } from "@/ui/bot-pulse";
import { Delta } from "@/ui/delta";
import { ModeMark } from "@/ui/mode-badge";
import { TagChips } from "@/ui/tag-chips";
import { UptimeShare } from "@/ui/uptime";

type Props = {
  bots: readonly BotRow[];
  hues: Record<string, number>;
  mixed: boolean;
  /** Over the range of the chart. */
  returns: ReadonlyMap<string, string> | undefined;
  range: Range;
};

/** The bots on a phone: a card each. */
export function BotCards({ bots, hues, mixed, returns, range }: Props) {
  return (
    <ul className="divide-y md:hidden">
      {bots.map((bot) => (
        <li key={bot.id} className="flex flex-col gap-1 px-3 py-2">
          <div className="flex items-center justify-between gap-3">
            <span className="flex min-w-0 items-center gap-2 font-medium">
              <BotLink bot={bot} hue={hues[bot.id]} />
              {mixed && <ModeMark mode={kindOf(bot)} bare />}
            </span>
            <span className="flex shrink-0 items-baseline gap-3">
              <span className="num" title={usd(bot.account?.equity_usd)}>
                {usdShort(bot.account?.equity_usd)}
              </span>
              <Delta value={returns?.get(bot.id)} as="percent" />
            </span>
          </div>
          <div className="flex flex-wrap items-center justify-between gap-x-3">
            <BotPulse bot={bot} />
            <TagChips tags={tagsOf(bot)} />
            <span className="label min-h-8 w-full whitespace-normal">
              {range !== "all" && (
                <>
                  {range}; since start <span className="num">{percent(botReturn(bot))}</span> ·{" "}
                </>
              )}
              dd <span className="num">{percent(bot.stats.max_drawdown)}</span> · win{" "}
              <span className="num">
                {share(bot.stats.wins, bot.stats.closed_positions)} (
                {count(bot.stats.closed_positions)})
              </span>{" "}
              · up <UptimeShare bot={bot} /> · last decision <Age at={bot.last_decision_at} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
