"use client";
import type { ReactNode } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import type { PositionRow } from "@/api/types";
import { useNow } from "@/lib/prefs/use-now";
import { definitionOf } from "@/lib/view-models/definitions";
import { isStopIdle } from "@/lib/view-models/exits";
import { duration, leverage, price, quantity, usd } from "@/lib/view-models/format-number";
import { Age } from "@/ui/age";
import { BotLink } from "@/ui/bot-link";
import { CopyButton } from "@/ui/copy-button";
import { Delta, Flash } from "@/ui/delta";
import { IdleStop } from "@/ui/idle-stop";
import { ModeMark } from "@/ui/mode-badge";
import { Moment } from "@/ui/moment";
import { Side } from "@/ui/position-cells";

/** Whose trade, in what, how large, from when to when, and how it ended. */
export function TradeHead({ row }: { row: PositionRow }) {
  const { byId, hues } = useFleet();
  const bot = byId.get(row.bot_id) ?? { id: row.bot_id, name: row.bot_name };
  const open = row.status === "open";
  return (
    <header className="border-b">
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-1.5">
        <h1 className="flex items-center gap-2 font-semibold text-lg">
          {row.coin} <Side side={row.side} />
        </h1>
        <span className="min-w-0 text-muted">
          <BotLink bot={bot} hue={hues[row.bot_id]} />
        </span>
        <ModeMark mode={row.mode} />
        <span className="rounded-sm border px-1.5 text-sm">{open ? "open" : "closed"}</span>
        {row.reason && (
          <span className="label">
            ended by <span className="text-text">{row.reason}</span>
          </span>
        )}
        <span className="ml-auto">
          <CopyButton text={() => location.href} label="Link" />
        </span>
      </div>
      <dl className="flex flex-wrap gap-x-5 gap-y-1 px-3 py-2 max-md:grid max-md:grid-cols-[repeat(auto-fill,minmax(8rem,1fr))]">
        <Figure label={open ? "unrealized" : "net"}>
          <Delta
            value={open ? row.unrealized_pnl : row.realized_pnl}
            as="usd"
            className="text-base"
          />
        </Figure>
        <Figure label="entry">{price(row.entry_price)}</Figure>
        {open ? (
          <Figure label="mark">
            <Flash text={price(row.mark)} />{" "}
            {row.mark_time && <Age at={row.mark_time} className="text-faint" />}
          </Figure>
        ) : (
          <Figure label="exit">{price(row.exit_price)}</Figure>
        )}
        <Figure label="size">{quantity(row.size, 8, { signed: true })}</Figure>
        <Figure label="margin">
          {usd(row.quantity_usd)} <span className="text-faint">{leverage(row.leverage)}</span>
        </Figure>
        <Figure label="stop">
          {open && isStopIdle(row) ? (
            <IdleStop text={price(row.stop_loss)} />
          ) : (
            price(row.stop_loss)
          )}
        </Figure>
        <Figure label="target">{price(row.profit_target)}</Figure>
        <Figure label="liquidation">{price(row.liquidation_price)}</Figure>
        <Figure label="opened">
          <Moment at={row.entry_time} />
        </Figure>
        {!open && (
          <Figure label="closed">
            <Moment at={row.exit_time} />
          </Figure>
        )}
        <Figure label="held">
          <Held row={row} />
        </Figure>
      </dl>
    </header>
  );
}

/** How long it was held; counting on while it is open. */
function Held({ row }: { row: PositionRow }) {
  const now = useNow();
  const from = Date.parse(row.entry_time);
  if (row.exit_time) return duration(Date.parse(row.exit_time) - from);
  return now === 0 ? "—" : duration(Math.floor((now - from) / 1000) * 1000);
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col md:min-w-16">
      <dt className="label" title={definitionOf(label)}>
        {label}
      </dt>
      <dd className="num flex min-h-6 items-center gap-1">{children}</dd>
    </div>
  );
}
