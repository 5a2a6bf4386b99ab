"use client";
import Link from "next/link";
import type { BotMetrics, BotRow, Range } from "@/api/types";
import { setLit } from "@/prefs/use-lit";
import { useView } from "@/prefs/use-view";
import { useFleet } from "@/queries/use-fleet";
import { useMetrics } from "@/queries/use-metrics";
import { useReturns } from "@/queries/use-returns";
import { botReturn, modesOf } from "@/shape/bots";
import { MOST } from "@/shape/compare";
import { cost, count, decimal, percent, share, usd } from "@/shape/format-number";
import { kindOf } from "@/shape/kind";
import { exactOf } from "@/shape/metrics";
import { compareHref } from "@/shape/screens";
import { type Sort, sortBots } from "@/shape/sort";
import { UPTIME_TITLE } from "@/shape/uptime";
import { Age } from "./age";
import { BotCards } from "./bot-cards";
import { BotLink } from "./bot-link";
import { BotPulse } from "./bot-pulse";
import { type Column, DataTable } from "./data-table";
import { Delta, Flash } from "./delta";
import { EmptyState } from "./empty-state";
import { ModeMark } from "./mode-badge";
import { Panel, SkeletonRows } from "./panel";
import { Uptime } from "./uptime";

/** Who leads, and how each bot is. */
export function Leaderboard() {
  const { query, bots, hues } = useFleet();
  const [{ sort, range }, setView] = useView();
  const returns = useReturns(range);
  const rows = sortBots(bots, sort, returns);
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
    setSort: (next) => setView({ sort: next }),
  });
  return (
    <Panel
      title="Bots"
      query={query}
      actions={
        rows.length > 1 && (
          <Link
            prefetch={false}
            href={compareHref(rows.slice(0, MOST).map((bot) => bot.id))}
            className="target inline-flex items-center text-muted text-sm hover:text-accent hover:underline"
          >
            Compare
          </Link>
        )
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
      <div className="max-md:hidden">
        <DataTable
          label="Bots"
          columns={columns}
          rows={rows}
          rowKey={(bot) => bot.id}
          onPoint={(bot) => setLit(bot?.id ?? null)}
        />
      </div>
      <BotCards bots={rows} hues={hues} mixed={mixed} returns={returns} range={range} />
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
  setSort: (sort: Sort) => void;
};

/** The columns, the most wanted first: where room is scarce the others leave. */
function columnsOf(shown: Shown): Column<BotRow>[] {
  const { hues, mixed, figures, returns, range, sort, setSort } = shown;
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
