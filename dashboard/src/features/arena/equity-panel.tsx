"use client";
import { useMemo } from "react";
import { useEquity } from "@/api/queries/use-equity";
import { useFleet } from "@/api/queries/use-fleet";
import { useFreshBases } from "@/api/queries/use-fresh-bases";
import { useHold } from "@/api/queries/use-hold";
import { CHART_PLACE, ChartSkeleton } from "@/charts/chart-skeleton";
import { SHOWN_AS, useView } from "@/lib/prefs/use-view";
import { botName } from "@/lib/view-models/bots";
import { type Line, linesOf, type Unit } from "@/lib/view-models/equity";
import { stepText } from "@/lib/view-models/format-time";
import { coinsOf, holdSeries } from "@/lib/view-models/hold";
import { otherTimes } from "@/lib/view-models/other-times";
import { foundBots } from "@/lib/view-models/tags";
import { EmptyState } from "@/ui/empty-state";
import { ExportLinks } from "@/ui/export-links";
import { later, NotLoaded } from "@/ui/later";
import { Moment } from "@/ui/moment";
import { Panel } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";
import { UnitAndRange } from "@/ui/unit-and-range";
import { EquityTable } from "./equity-table";
import { HoldPicker } from "./hold-picker";

const EquityChart = later(
  () => import("@/charts/equity-chart").then((module) => module.EquityChart),
  () => <ChartSkeleton />,
  NotLoaded,
);

/** Equity of all bots over time, each line named at its end. */
export function EquityPanel() {
  const [view, setView] = useView();
  const { range, unit, as, bots: chosen, hide, scale, hold: coin, tags, find } = view;
  const { bots, byId, hues } = useFleet();
  const query = useEquity(range);
  const data = query.data;
  useFreshBases(bots);
  const hold = useHold(coin, range).data;
  const held = useMemo(() => holdSeries(hold), [hold]);
  const since = range === "all" ? null : (data?.start ?? null);
  const apart = useMemo(() => otherTimes(data?.series ?? []), [data]);
  const all = useMemo(() => {
    const bySomeone = data?.series.filter((one) => one.points.length > 0) ?? [];
    const here = bySomeone.filter((one) => !apart.has(one.bot_id) || chosen.includes(one.bot_id));
    const shown = coin && held ? [...here, held] : here;
    const lines = linesOf(shown, bots, unit, data?.bucket_seconds ?? 60, since, data?.bases);
    return lines.sort((a, b) => (b.lastValue ?? 0) - (a.lastValue ?? 0));
  }, [data, bots, unit, since, coin, held, apart, chosen]);
  const hidden = useMemo(() => {
    const found = new Set(foundBots(bots, tags, find).map((bot) => bot.id));
    const out = (id: string) =>
      (byId.has(id) && !found.has(id)) ||
      (chosen.length > 0 ? !chosen.includes(id) : hide.includes(id));
    return new Set(all.map((line) => line.botId).filter(out));
  }, [all, chosen, hide, bots, byId, tags, find]);
  const lines = all.filter((line) => !hidden.has(line.botId));
  const choice = {
    onHide: (id: string) => setView(toggled(all, hidden, id)),
    onAlone: (id: string) =>
      setView({ bots: chosen.length === 1 && chosen[0] === id ? [] : [id], hide: [] }),
  };
  return (
    <Panel
      title="Equity"
      query={query}
      skeleton={<ChartSkeleton />}
      isEmpty={all.length === 0}
      empty={
        <div className={CHART_PLACE.lines}>
          <EmptyState kind="account" text="No account was reported in this range." />
        </div>
      }
      partial={
        (query.isPending || all.length > 0) && (
          <span className="flex min-h-6 items-center justify-between gap-3">
            <span>
              {data && <Base unit={unit} since={since} step={data.bucket_seconds} />}
              {apart.size > 0 && chosen.length === 0 && (
                <>
                  {" "}
                  · not drawn, of another time:{" "}
                  {[...apart].map((id) => (
                    <button
                      key={id}
                      type="button"
                      data-print
                      className="target mr-2 underline underline-offset-2 hover:text-accent"
                      onClick={() => setView({ bots: [id], hide: [] })}
                    >
                      {botName(byId.get(id))}
                    </button>
                  ))}
                </>
              )}
              {coin && hold?.points.length === 0 && (
                <span className="text-warn">
                  {" "}
                  · no candles of {coin} were recorded in this range
                </span>
              )}
            </span>
            <ExportLinks what="equity" bot={chosen.length === 1 ? chosen[0] : null} tags={tags} />
          </span>
        )
      }
      bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
      actions={
        <>
          {hidden.size > 0 && (
            <button
              type="button"
              className="target text-accent text-sm hover:underline"
              onClick={() => setView({ bots: [], hide: [], tags: [], find: "" })}
            >
              all bots
            </button>
          )}
          <HoldPicker
            coins={coinsOf(bots)}
            coin={coin}
            onPick={(next) => setView({ hold: next })}
          />
          <Segmented
            label="Shown as"
            value={as}
            options={SHOWN_AS.map((value) => ({ value, text: value }))}
            onChange={(next) => setView({ as: next })}
          />
          <span aria-hidden className="h-4 border-l max-sm:hidden" />
          <UnitAndRange unit={unit} range={range} onChange={setView} />
        </>
      }
    >
      {as === "table" ? (
        <EquityTable lines={lines} hues={hues} unit={unit} />
      ) : (
        <EquityChart
          title="Equity"
          lines={all}
          hidden={hidden}
          hues={hues}
          unit={unit}
          span={range}
          choice={choice}
          whole={scale === "all"}
          onWhole={(whole) => setView({ scale: whole ? "all" : "most" })}
        />
      )}
    </Panel>
  );
}

/** The choice after one line is hidden or shown; the last one in sight stays. */
function toggled(all: readonly Line[], hidden: ReadonlySet<string>, id: string) {
  const out = new Set(hidden);
  if (!out.delete(id) && out.size < all.length - 1) out.add(id);
  return { bots: [], hide: [...out] };
}

/** What the figures count from, and how far apart they are. */
function Base({ unit, since, step }: { unit: Unit; since: string | null; step: number }) {
  return (
    <span>
      {unit === "pct" && since === null && "return since the deposits, "}
      {unit === "pct" && since !== null && (
        <>
          return since <Moment at={since} />,{" "}
        </>
      )}
      in steps of {stepText(step)}
    </span>
  );
}
