"use client";
import type { ReactNode } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import type { BotRow } from "@/api/types";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { botName, modesOf, type Totals, totalsOf } from "@/lib/view-models/bots";
import { definitionOf } from "@/lib/view-models/definitions";
import { cost, count, percent } from "@/lib/view-models/format-number";
import { type Kind, kindOf } from "@/lib/view-models/kind";
import { isLoud, pulseOf } from "@/lib/view-models/staleness";
import { Delta } from "@/ui/delta";
import { Dollars } from "@/ui/dollars";
import { ModeMark } from "@/ui/mode-badge";
import { ScrollRegion } from "@/ui/scroll-region";
import { useFoundBots } from "./bot-filter";

type Group = { kind: Kind; bots: readonly BotRow[]; totals: Totals; worst: string | null };

type Figure = { name: string; title?: string; of: (group: Group) => ReactNode };

const FIGURES: readonly Figure[] = [
  { name: "equity", of: ({ totals }) => <Dollars value={totals.equity} /> },
  {
    name: "return",
    title: "Since the deposits",
    of: ({ totals }) => <Delta value={totals.return} as="percent" />,
  },
  { name: "total P&L", of: ({ totals }) => <Dollars value={totals.totalPnl} delta /> },
  { name: "unrealized", of: ({ totals }) => <Dollars value={totals.unrealized} delta /> },
  { name: "realized, net", of: ({ totals }) => <Dollars value={totals.realized} delta /> },
  {
    name: "worst drawdown",
    title: "Of the one bot that fell deepest",
    of: ({ totals, worst }) => (
      <span title={worst ? `of ${worst}` : undefined}>{percent(totals.worstDrawdown)}</span>
    ),
  },
  { name: "open positions", of: ({ totals }) => count(totals.open) },
  { name: "model cost", of: ({ totals }) => cost(totals.modelCost) },
  { name: "alive", of: ({ bots }) => <Alive bots={bots} /> },
];

/** The first glance: is everything alive, and am I up or down. One row for each kind of money. */
export function KpiStrip() {
  const { byId } = useFleet();
  const bots = useFoundBots();
  const groups = modesOf(bots).map(({ mode }): Group => {
    const ours = bots.filter((bot) => kindOf(bot) === mode);
    const totals = totalsOf(ours);
    const worst = totals.worstBot ? botName(byId.get(totals.worstBot)) : null;
    return { kind: mode, bots: ours, totals, worst };
  });
  const [only] = groups;
  if (!only) return null;
  return (
    <section aria-label="Totals" className="border-b bg-surface">
      {groups.length === 1 ? (
        <Strip group={only} />
      ) : (
        <>
          <Aligned groups={groups} />
          <Upright groups={groups} />
        </>
      )}
    </section>
  );
}

/** One kind of money: each figure under its name. */
function Strip({ group }: { group: Group }) {
  const { reporting, bots } = group.totals;
  return (
    <dl className="flex flex-wrap items-stretch gap-x-4 gap-y-1 px-3 py-2 max-md:grid max-md:grid-cols-3 max-md:gap-x-3">
      {FIGURES.map(({ name, title, of }) => (
        <div
          key={name}
          className="flex min-w-0 flex-col justify-between last:ml-auto max-md:last:ml-0 md:min-w-22"
          title={
            name === "equity" && reporting < bots
              ? `${reporting} of ${bots} bots have reported an account`
              : (title ?? definitionOf(name))
          }
        >
          <dt className="label" title={title ?? definitionOf(name)}>
            {name}
          </dt>
          <dd className="num flex min-h-6 items-center">{of(group)}</dd>
        </div>
      ))}
    </dl>
  );
}

type Groups = { groups: readonly Group[] };

/** Several kinds of money: one table, a row for each, the figures in columns. */
function Aligned({ groups }: Groups) {
  return (
    <table aria-label="Totals by kind of money" className="w-full max-lg:hidden">
      <thead>
        <tr>
          <th scope="col" className="label px-3 py-1 text-left font-normal">
            money
          </th>
          {FIGURES.map(({ name, title }) => (
            <th
              key={name}
              scope="col"
              title={title ?? definitionOf(name)}
              className="label px-2 text-right font-normal last:pr-3"
            >
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={group.kind} className="h-7 border-t">
            <th scope="row" className="px-3 text-left font-normal">
              <ModeMark mode={group.kind} />
            </th>
            {FIGURES.map(({ name, of }) => (
              <td key={name} className="num px-2 text-right last:pr-3">
                {of(group)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The same on a narrow page: a row for each figure, the kinds of money in columns. */
function Upright({ groups }: Groups) {
  return (
    <div className="lg:hidden">
      <ScrollRegion label="Totals by kind of money">
        <table aria-label="Totals by kind of money" className="w-full">
          <thead>
            <tr>
              <th scope="col" className="label py-1 pl-3 text-left font-normal">
                figure
              </th>
              {groups.map(({ kind }) => (
                <th key={kind} scope="col" className="pr-1 pl-1.5 text-right font-normal last:pr-3">
                  <ModeMark mode={kind} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {FIGURES.map(({ name, title, of }) => (
              <tr key={name} className="h-6 border-t">
                <th
                  scope="row"
                  title={title ?? definitionOf(name)}
                  className="label pl-3 text-left font-normal"
                >
                  {name}
                </th>
                {groups.map((group) => (
                  <td key={group.kind} className="num pr-1 pl-1.5 text-right last:pr-3">
                    {of(group)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </div>
  );
}

function Alive({ bots }: { bots: readonly BotRow[] }) {
  const now = usePulseNow();
  const pulses = bots.map((bot) => pulseOf(bot, now || Date.now()));
  const alive = pulses.filter((pulse) => pulse === "alive").length;
  const loud = pulses.filter(isLoud).length;
  const danger = pulses.includes("danger");
  return (
    <>
      {alive} of {bots.length}
      {loud > 0 && (
        <span className={`ml-2 font-semibold ${danger ? "text-loss" : "text-warn"}`}>
          {loud} late
        </span>
      )}
    </>
  );
}
