"use client";
import Link from "next/link";
import type { BotMetrics, BotRow } from "@/api/types";
import { useView } from "@/prefs/use-view";
import { useFleet } from "@/queries/use-fleet";
import { useMetrics } from "@/queries/use-metrics";
import { botReturn, modesOf } from "@/shape/bots";
import { MOST } from "@/shape/compare";
import { cost, count, decimal, percent, share, usd } from "@/shape/format-number";
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
  const [{ sort }, setView] = useView();
  const rows = sortBots(bots, sort);
  const mixed = modesOf(bots).length > 1;
  const metrics = useMetrics(null);
  const figures = new Map(metrics.data?.map((one) => [one.bot_id, one]));
  const columns = columnsOf(hues, mixed, figures, sort, (next) => setView({ sort: next }));
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
        <DataTable label="Bots" columns={columns} rows={rows} rowKey={(bot) => bot.id} />
      </div>
      <BotCards bots={rows} hues={hues} mixed={mixed} />
    </Panel>
  );
}

function columnsOf(
  hues: Record<string, number>,
  mixed: boolean,
  figures: ReadonlyMap<string, BotMetrics>,
  sort: Sort,
  setSort: (sort: Sort) => void,
): Column<BotRow>[] {
  const sortable = (by: Sort) => ({ sorted: sort === by, onSort: () => setSort(by) });
  return [
    {
      key: "bot",
      head: "bot",
      ...sortable("name"),
      cell: (bot) => (
        <div className="flex min-w-0 items-center gap-2">
          <BotLink bot={bot} hue={hues[bot.id]} />
          {mixed && <ModeMark mode={bot.mode} />}
          {bot.decider && bot.decider !== bot.name && (
            <span className="label max-w-40 truncate max-2xl:hidden" title={bot.decider}>
              {bot.decider}
            </span>
          )}
        </div>
      ),
    },
    { key: "status", head: "status", cell: (bot) => <BotPulse bot={bot} /> },
    {
      key: "equity",
      head: "equity",
      number: true,
      ...sortable("equity"),
      cell: (bot) => <Flash text={usd(bot.account?.equity_usd)} />,
    },
    {
      key: "return",
      head: "return",
      number: true,
      ...sortable("return"),
      cell: (bot) => <Delta value={botReturn(bot)} as="percent" />,
    },
    {
      key: "drawdown",
      head: "max dd",
      title: "Deepest fall of the equity below its peak",
      number: true,
      ...sortable("drawdown"),
      cell: (bot) => percent(bot.stats.max_drawdown),
    },
    {
      key: "sharpe",
      head: "Sharpe (days)",
      title: "Over a year, from daily returns in UTC; hidden below 30 days",
      number: true,
      from: "lg",
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
      from: "lg",
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
      from: "xl",
      ...sortable("fees"),
      cell: (bot) => usd(bot.stats.fees_usd),
    },
    {
      key: "cost",
      head: "model",
      title: "What the model's calls have cost",
      number: true,
      from: "wide",
      ...sortable("cost"),
      cell: (bot) => cost(bot.stats.model_cost_usd),
    },
    {
      key: "net",
      head: "net of model",
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
      from: "xl",
      ...sortable("uptime"),
      cell: (bot) => <Uptime bot={bot} />,
    },
    {
      key: "last",
      head: "decided",
      title: "Age of the last decision",
      number: true,
      cell: (bot) => <Age at={bot.last_decision_at} className="text-muted" />,
    },
  ];
}
