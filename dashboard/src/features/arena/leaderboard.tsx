"use client";
import Link from "next/link";
import { useFleet } from "@/api/queries/use-fleet";
import { useMetrics } from "@/api/queries/use-metrics";
import { useReturns } from "@/api/queries/use-returns";
import type { BotMetrics, BotRow, Range } from "@/api/types";
import { setLit } from "@/lib/prefs/use-lit";
import { useView } from "@/lib/prefs/use-view";
import { botReturn, modesOf } from "@/lib/view-models/bots";
import { MOST } from "@/lib/view-models/compare";
import { cost, count, decimal, percent, share, usd } from "@/lib/view-models/format-number";
import { kindOf } from "@/lib/view-models/kind";
import { exactOf } from "@/lib/view-models/metrics";
import { compareHref } from "@/lib/view-models/screens";
import { type Sort, sortBots } from "@/lib/view-models/sort";
import { groupsOf, modelOf, tagsOf, toggledTag } from "@/lib/view-models/tags";
import { UPTIME_TITLE } from "@/lib/view-models/uptime";
import { Age } from "@/ui/age";
import { BotLink } from "@/ui/bot-link";
import { BotPulse } from "@/ui/bot-pulse";
import { type Column, DataTable } from "@/ui/data-table";
import { Delta, Flash } from "@/ui/delta";
import { EmptyState } from "@/ui/empty-state";
import { ModeMark } from "@/ui/mode-badge";
import { Panel, SkeletonRows } from "@/ui/panel";
import { TagChips } from "@/ui/tag-chips";
import { Uptime } from "@/ui/uptime";
import { BotCards } from "./bot-cards";
import { BotFilter, TagBar, useFoundBots } from "./bot-filter";
import { GroupTotals } from "./group-totals";

/** Who leads, and how each bot is. */
export function Leaderboard() {
  const { query, bots, hues } = useFleet();
  const [{ sort, range, tags, per }, setView] = useView();
  const returns = useReturns(range);
  const found = useFoundBots();
  const rows = sortBots(found, sort, returns);
  const groups = groupsOf(rows, per);
  const mixed = modesOf(bots).length > 1;
  const metrics = useMetrics(null);
  const figures = new Map(metrics.data?.map((one) => [one.bot_id, one]));
  const columns = columnsOf({
    hues,
    mixed,
    figures,
    returns,
    range,
    sort,
    tags,
    tagged: bots.some((bot) => tagsOf(bot).length > 0),
    setSort: (next) => setView({ sort: next }),
    pickTag: (tag) => setView({ tags: toggledTag(tags, tag) }),
  });
  return (
    <Panel
      title="Bots"
      query={query}
      actions={
        bots.length > 0 && (
          <>
            <BotFilter />
            {rows.length > 1 && (
              <Link
                prefetch={false}
                href={compareHref(rows.slice(0, MOST).map((bot) => bot.id))}
                className="target inline-flex items-center text-muted text-sm hover:text-accent hover:underline"
              >
                Compare
              </Link>
            )}
          </>
        )
      }
      partial={
        rows.length < bots.length && `showing ${count(rows.length)} of ${count(bots.length)} bots`
      }
      skeleton={<SkeletonRows rows={4} />}
      isEmpty={bots.length === 0}
      empty={
        <EmptyState
          kind="status"
          text="No bot has reported yet. Its first heartbeat puts it here."
        />
      }
    >
      <TagBar />
      {rows.length === 0 && <p className="p-3 text-muted">No bot is called that or tagged so.</p>}
      {per !== "none" && rows.length > 0 && <GroupTotals groups={groups} per={per} />}
      {groups.map(({ name, bots: members }) => (
        <section key={name} aria-label={name || undefined} className={name && "border-b"}>
          {name && (
            <h3 className="label border-b bg-raised/40 px-3 py-1">
              {name} <span className="num">{count(members.length)}</span>
            </h3>
          )}
          <div className="max-md:hidden">
            <DataTable
              label={name ? `Bots: ${name}` : "Bots"}
              columns={columns}
              rows={members}
              rowKey={(bot) => bot.id}
              onPoint={(bot) => setLit(bot?.id ?? null)}
            />
          </div>
          <BotCards bots={members} hues={hues} mixed={mixed} returns={returns} range={range} />
        </section>
      ))}
    </Panel>
  );
}

type Shown = {
  hues: Record<string, number>;
  mixed: boolean;
  figures: ReadonlyMap<string, BotMetrics>;
  returns: ReadonlyMap<string, string> | undefined;
  range: Range;
  sort: Sort;
  tags: readonly string[];
  setSort: (sort: Sort) => void;
  /** Whether any bot has a tag. */
  tagged: boolean;
  pickTag: (tag: string) => void;
};

/** The tags of a bot; there only where some bot has any. */
function tagsColumn(tags: readonly string[], pickTag: (tag: string) => void): Column<BotRow> {
  return {
    key: "tags",
    head: "tags",
    title: "The words by which its user sorts bots",
    from: "xl",
    cell: (bot: BotRow) => (
      <span className="flex max-w-32 overflow-hidden" data-more="">
        <TagChips
          tags={tagsOf(bot)}
          chosen={tags}
          onPick={pickTag}
          className="flex-nowrap! [&>*]:shrink-0 [&>*]:max-w-18"
        />
      </span>
    ),
  };
}

/** The columns, the most wanted first: where room is scarce the others leave. */
function columnsOf(shown: Shown): Column<BotRow>[] {
  const { hues, mixed, figures, returns, range, sort, setSort, tags, tagged, pickTag } = shown;
  const sortable = (by: Sort) => ({ sorted: sort === by, onSort: () => setSort(by) });
  return [
    {
      key: "bot",
      head: "bot",
      ...sortable("name"),
      cell: (bot) => (
        <div className="flex min-w-0 max-w-[220px] items-center gap-2">
          <BotLink bot={bot} hue={hues[bot.id]} />
          {mixed && <ModeMark mode={kindOf(bot)} bare />}
        </div>
      ),
    },
    {
      key: "return",
      head: range === "all" ? "return" : `return ${range}`,
      title:
        range === "all"
          ? "Since the deposits"
          : "Over the range of the chart: since its begin, or since the deposits of who began later",
      number: true,
      ...sortable("return"),
      cell: (bot) => <Delta value={returns?.get(bot.id)} as="percent" />,
    },
    ...(range === "all"
      ? []
      : [
          {
            key: "total",
            head: "since start",
            title: "Return since the deposits",
            number: true,
            ...sortable("total"),
            cell: (bot: BotRow) => <Delta value={botReturn(bot)} as="percent" />,
          },
        ]),
    { key: "status", head: "status", cell: (bot) => <BotPulse bot={bot} /> },
    ...(tagged ? [tagsColumn(tags, pickTag)] : []),
    {
      key: "model",
      head: "model",
      title: "The model that decides, or the baseline",
      from: "wide",
      cell: (bot) => (
        <span className="block max-w-40 truncate" title={bot.decider ?? undefined}>
          {modelOf(bot)}
        </span>
      ),
    },
    {
      key: "equity",
      head: "equity",
      number: true,
      ...sortable("equity"),
      cell: (bot) => <Flash text={usd(bot.account?.equity_usd)} />,
    },
    {
      key: "drawdown",
      head: "max dd",
      title: "Deepest fall of the equity below its peak",
      number: true,
      from: "md",
      ...sortable("drawdown"),
      cell: (bot) => percent(bot.stats.max_drawdown),
    },
    {
      key: "sharpe",
      head: "Sharpe (days)",
      title: "Over a year, from daily returns in UTC; hidden below 30 days",
      number: true,
      from: "wide",
      ...sortable("sharpe"),
      cell: (bot) => (
        <>
          {decimal(exactOf(bot.sharpe))}{" "}
          <span className="text-faint">({count(bot.sharpe_days)})</span>
        </>
      ),
    },
    {
      key: "unrealized",
      head: "unrealized",
      number: true,
      from: "2xl",
      cell: (bot) => <Delta value={bot.account?.unrealized_pnl} as="usd" />,
    },
    {
      key: "wins",
      head: "win (n)",
      title: "Closed trades with a profit, of how many",
      number: true,
      from: "xl",
      ...sortable("trades"),
      cell: ({ stats }) => (
        <>
          {share(stats.wins, stats.closed_positions)}{" "}
          <span className="text-faint">({count(stats.closed_positions)})</span>
        </>
      ),
    },
    {
      key: "factor",
      head: "profit factor",
      title: "What the winners won over what the losers lost",
      number: true,
      from: "2xl",
      cell: (bot) => decimal(exactOf(figures.get(bot.id)?.trades.profit_factor)),
    },
    {
      key: "fees",
      head: "fees",
      number: true,
      from: "2xl",
      ...sortable("fees"),
      cell: (bot) => usd(bot.stats.fees_usd),
    },
    {
      key: "cost",
      head: "model cost",
      title: "What the model's calls have cost",
      number: true,
      from: "wide",
      ...sortable("cost"),
      cell: (bot) => cost(bot.stats.model_cost_usd),
    },
    {
      key: "net",
      head: "net of model cost",
      title: "Profit less what the model's calls have cost",
      number: true,
      from: "2xl",
      cell: (bot) => <Delta value={exactOf(figures.get(bot.id)?.net_after_model_cost)} as="usd" />,
    },
    {
      key: "uptime",
      head: "uptime",
      title: UPTIME_TITLE,
      number: true,
      from: "2xl",
      ...sortable("uptime"),
      cell: (bot) => <Uptime bot={bot} />,
    },
    {
      key: "last",
      head: "last decision",
      title: "Age of the last decision",
      number: true,
      from: "lg",
      cell: (bot) => <Age at={bot.last_decision_at} className="text-muted" />,
    },
  ];
}
