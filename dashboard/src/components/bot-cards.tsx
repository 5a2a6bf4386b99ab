import Link from "next/link";
import type { BotRow } from "@/api/types";
import { botReturn } from "@/shape/bots";
import { count, percent, share, usd } from "@/shape/format-number";
import { botHref } from "@/shape/screens";
import { Age } from "./age";
import { BotLink } from "./bot-link";
import { BotPulse } from "./bot-pulse";
import { Delta } from "./delta";
import { ModeMark } from "./mode-badge";
import { UptimeShare } from "./uptime";

type Props = { bots: readonly BotRow[]; hues: Record<string, number>; mixed: boolean };

/** The bots on a phone: a card each. */
export function BotCards({ bots, hues, mixed }: Props) {
  return (
    <ul className="divide-y md:hidden">
      {bots.map((bot) => (
        <li key={bot.id} className="flex flex-col gap-1 px-3 py-2">
          <div className="flex items-center justify-between gap-3">
            <span className="flex min-w-0 items-center gap-2 font-medium">
              <Link
                prefetch={false}
                href={botHref(bot.id)}
                className="target inline-flex min-w-0 items-center hover:underline"
              >
                <BotLink bot={bot} hue={hues[bot.id]} />
              </Link>
              {mixed && <ModeMark mode={bot.mode} />}
            </span>
            <span className="flex items-baseline gap-3">
              <span className="num">{usd(bot.account?.equity_usd)}</span>
              <Delta value={botReturn(bot)} as="percent" />
            </span>
          </div>
          <div className="flex flex-wrap items-center justify-between gap-x-3">
            <BotPulse bot={bot} />
            <span className="label">
              dd <span className="num">{percent(bot.stats.max_drawdown)}</span> · win{" "}
              <span className="num">
                {share(bot.stats.wins, bot.stats.closed_positions)} (
                {count(bot.stats.closed_positions)})
              </span>{" "}
              · up <UptimeShare bot={bot} /> · decided <Age at={bot.last_decision_at} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
