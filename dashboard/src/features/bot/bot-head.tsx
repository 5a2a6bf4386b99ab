"use client";
import Link from "next/link";
import { memo, type ReactNode } from "react";
import { useShare } from "@/api/queries/use-shares";
import type { BotRow } from "@/api/types";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { botName, botReturn } from "@/lib/view-models/bots";
import { definitionOf } from "@/lib/view-models/definitions";
import { count, percent } from "@/lib/view-models/format-number";
import { hueColor } from "@/lib/view-models/hue";
import { kindOf } from "@/lib/view-models/kind";
import { nextCycle } from "@/lib/view-models/next-cycle";
import { tagsOf } from "@/lib/view-models/tags";
import { Age } from "@/ui/age";
import { BotPulse } from "@/ui/bot-pulse";
import { Delta } from "@/ui/delta";
import { Dollars } from "@/ui/dollars";
import { LiveMark, ModeBadge } from "@/ui/mode-badge";
import { ShortName } from "@/ui/short-name";
import { TagLinks } from "@/ui/tag-links";

/** Who this bot is, whether it lives, when it decides next, and how it stands. */
export const BotHead = memo(function BotHead({
  bot,
  hue,
}: {
  bot: BotRow;
  hue: number | undefined;
}) {
  const { account, status, stats } = bot;
  const share = useShare();
  return (
    <header className="border-b bg-surface">
      <div className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 border-b px-3 py-1.5">
        <h1 className="flex min-w-0 items-center gap-2 font-semibold text-lg">
          <span
            aria-hidden
            className="size-2.5 shrink-0 rounded-[2px]"
            style={{ background: hueColor(hue) }}
          />
          <ShortName text={botName(bot)} className="max-w-[60vw]" />
        </h1>
        <ModeBadge mode={kindOf(bot)} />
        <LiveMark status={status} />
        <BotPulse bot={bot} />
        <NextCycle bot={bot} />
        <span className="label min-w-0 max-w-full truncate">
          {[bot.decider, bot.market].filter((text) => text && text !== bot.name).join(" · ")}
        </span>
        <TagLinks tags={tagsOf(bot)} />
        <Link
          prefetch={false}
          href={`/llm-bot/compare?ids=${encodeURIComponent(bot.id)}`}
          className="target ml-auto inline-flex items-center text-muted text-sm underline-offset-2 hover:text-accent hover:underline"
        >
          Compare
        </Link>
        {!share && (
          <Link
            prefetch={false}
            href={`/llm-bot/settings?share=${encodeURIComponent(bot.id)}`}
            className="target inline-flex items-center text-muted text-sm underline-offset-2 hover:text-accent hover:underline"
          >
            Share
          </Link>
        )}
      </div>
      {status?.error && (
        <p role="status" className="border-b px-3 py-1.5 text-loss text-sm">
          {status.error}
        </p>
      )}
      <dl className="flex flex-wrap gap-x-4 gap-y-1 px-3 py-2 max-md:grid max-md:grid-cols-3 max-md:gap-x-3">
        <Figure label="equity">
          <span className="num font-medium text-lg">
            <Dollars value={account?.equity_usd} />
          </span>
        </Figure>
        <Figure label="return">
          <Delta value={botReturn(bot)} as="percent" className="text-base" />
        </Figure>
        <Figure label="total P&L">
          <Dollars value={account?.total_pnl} delta />
        </Figure>
        <Figure label="unrealized">
          <Dollars value={account?.unrealized_pnl} delta />
        </Figure>
        <Figure label="today">
          <Delta value={status?.pnl_today} as="usd" />
        </Figure>
        <Figure label="drawdown now">
          <span className="num">{percent(bot.drawdown_fraction)}</span>
        </Figure>
        <Figure label="free margin">
          <span className="num">
            <Dollars value={account?.available_usd} />
          </span>
        </Figure>
        <Figure label="open">
          <span className="num">{count(stats.open_positions)}</span>
        </Figure>
        <Figure label="last decision">
          <Age at={bot.last_decision_at} />
        </Figure>
      </dl>
    </header>
  );
});

function NextCycle({ bot }: { bot: BotRow }) {
  const next = nextCycle(bot, usePulseNow());
  const tone = next.startsWith("overdue") ? "text-warn" : "text-text";
  return (
    <span className="label">
      next cycle <span className={`num ${tone}`}>{next}</span>
    </span>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col justify-between md:min-w-22">
      <dt className="label" title={definitionOf(label)}>
        {label}
      </dt>
      <dd className="flex min-h-6 items-center">{children}</dd>
    </div>
  );
}
