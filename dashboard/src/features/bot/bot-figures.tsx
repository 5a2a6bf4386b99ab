"use client";
import { memo } from "react";
import { useMetrics } from "@/api/queries/use-metrics";
import type { BotMetrics, BotRow } from "@/api/types";
import { count } from "@/lib/view-models/format-number";
import { METRIC_ROWS, type MetricRow } from "@/lib/view-models/metrics";
import { Delta } from "@/ui/delta";
import { Panel, SkeletonRows } from "@/ui/panel";
import { BotCalibration } from "./bot-calibration";

const GROUPS: readonly MetricRow["group"][] = ["Return", "Trades", "Share", "Cost"];

/** Every figure of the bot with the sample it stands on. */
export const BotFigures = memo(function BotFigures({ bot }: { bot: BotRow }) {
  const query = useMetrics([bot.id]);
  const one = query.data?.find((metrics) => metrics.bot_id === bot.id);
  return (
    <Panel
      title="Figures"
      className="border-t"
      query={query}
      skeleton={<SkeletonRows rows={7} />}
      isEmpty={!one}
      empty={<p className="p-3 text-muted">There is nothing to count yet.</p>}
      partial={
        one &&
        `In brackets the size of the sample. Yearly figures appear from ${count(one.performance.min_days)} days on; there are ${count(one.performance.returns_n)}.`
      }
    >
      {one && (
        <>
          <div className="grid gap-x-6 gap-y-3 p-3 sm:grid-cols-2 xl:grid-cols-4">
            {GROUPS.map((group) => (
              <Group key={group} group={group} one={one} />
            ))}
          </div>
          <BotCalibration metrics={one} />
        </>
      )}
    </Panel>
  );
});

function Group({ group, one }: { group: MetricRow["group"]; one: BotMetrics }) {
  return (
    <section aria-label={group}>
      <h3 className="label mb-1">{group.toLowerCase()}</h3>
      <dl className="flex flex-col">
        {METRIC_ROWS.filter((row) => row.group === group).map((row) => {
          const { text, n, exact } = row.of(one);
          return (
            <div key={row.key} className="flex h-6 items-center justify-between gap-3">
              <dt className="min-w-0 truncate text-muted text-sm" title={row.title}>
                {row.name}
              </dt>
              <dd className="num text-right">
                {row.tone ? <Delta value={exact} as={row.tone} short /> : text}
                {n !== null && <span className="text-faint"> ({count(n)})</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
