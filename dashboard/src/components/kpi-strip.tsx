"use client";
import type { ReactNode } from "react";
import type { Mode } from "@/api/types";
import { usePulseNow } from "@/prefs/use-pulse-now";
import { useFleet } from "@/queries/use-fleet";
import { botName, modesOf, totalsOf } from "@/shape/bots";
import { cost, count, percent, usd } from "@/shape/format-number";
import { isLoud, pulseOf } from "@/shape/staleness";
import { Delta, Flash } from "./delta";
import { ModeMark } from "./mode-badge";

/** The first glance: is everything alive, and am I up or down. One line for each kind of money. */
export function KpiStrip() {
  const { query, bots } = useFleet();
  if (query.isPending && !query.isError) return <KpiSkeleton />;
  const modes = modesOf(bots);
  if (modes.length === 0) return null;
  return (
    <section aria-label="Totals" className="divide-y border-b bg-surface">
      {modes.map(({ mode }) => (
        <Totals key={mode} mode={mode} mixed={modes.length > 1} />
      ))}
    </section>
  );
}

function Totals({ mode, mixed }: { mode: Mode; mixed: boolean }) {
  const { bots, byId } = useFleet();
  const ours = bots.filter((bot) => bot.mode === mode);
  const totals = totalsOf(ours);
  const worst = totals.worstBot ? botName(byId.get(totals.worstBot)) : null;
  return (
    <dl className="flex flex-wrap items-stretch gap-x-4 gap-y-1 px-3 py-2 max-md:grid max-md:grid-cols-3 max-md:gap-x-3">
      <Figure
        label={mixed ? <ModeMark mode={mode} /> : "equity"}
        hint={
          totals.reporting < totals.bots
            ? `${totals.reporting} of ${totals.bots} bots have reported an account`
            : undefined
        }
      >
        <span className="num font-medium text-lg">
          <Flash text={usd(totals.equity)} />
        </span>
      </Figure>
      <Figure label="return">
        <Delta value={totals.return} as="percent" className="text-base" />
      </Figure>
      <Figure label="total P&L">
        <Delta value={totals.totalPnl} as="usd" />
      </Figure>
      <Figure label="unrealized">
        <Delta value={totals.unrealized} as="usd" />
      </Figure>
      <Figure label="realized, net">
        <Delta value={totals.realized} as="usd" />
      </Figure>
      <Figure label="worst drawdown" hint={worst ? `of ${worst}` : undefined}>
        <span className="num">{percent(totals.worstDrawdown)}</span>
      </Figure>
      <Figure label="open positions">
        <span className="num">{count(totals.open)}</span>
      </Figure>
      <Figure label="model cost">
        <span className="num">{cost(totals.modelCost)}</span>
      </Figure>
      <Alive mode={mode} />
    </dl>
  );
}

function Alive({ mode }: { mode: Mode }) {
  const { bots } = useFleet();
  const now = usePulseNow();
  const ours = bots.filter((bot) => bot.mode === mode);
  const pulses = ours.map((bot) => pulseOf(bot, now || Date.now()));
  const alive = pulses.filter((pulse) => pulse === "alive").length;
  const loud = pulses.filter(isLoud).length;
  const danger = pulses.includes("danger");
  return (
    <Figure label="alive" className="md:ml-auto">
      <span className="num">
        {alive} of {ours.length}
      </span>
      {loud > 0 && (
        <span className={`ml-2 font-semibold text-sm ${danger ? "text-loss" : "text-warn"}`}>
          {loud} late
        </span>
      )}
    </Figure>
  );
}

type FigureProps = { label: ReactNode; hint?: string; className?: string; children: ReactNode };

function Figure({ label, hint, className = "", children }: FigureProps) {
  return (
    <div className={`flex min-w-0 flex-col justify-between md:min-w-22 ${className}`} title={hint}>
      <dt className="label">{label}</dt>
      <dd className="flex min-h-6 items-center">{children}</dd>
    </div>
  );
}

function KpiSkeleton() {
  return (
    <div
      aria-hidden
      className="flex h-[57px] animate-breathe items-center gap-8 border-b bg-surface px-3"
    >
      {[64, 40, 48, 48, 48, 40].map((width, index) => (
        <div key={index} className="h-3 rounded-sm bg-raised" style={{ width }} />
      ))}
    </div>
  );
}
