import { ArrowDownRight, ArrowUpRight } from "lucide-react";
import Link from "next/link";
import type { BotRow, PositionRow } from "@/api/types";
import { leverage, usd } from "@/lib/view-models/format-number";
import { tradeHref } from "@/lib/view-models/screens";
import { BotLink } from "./bot-link";

type Props = {
  row: PositionRow;
  byId: ReadonlyMap<string, BotRow>;
  hues: Record<string, number>;
};

/** Whose position, in which coin, and which way. */
export function WhoAndWhat({ row, byId, hues }: Props) {
  const bot = byId.get(row.bot_id) ?? { id: row.bot_id, name: row.bot_name };
  return (
    <span className="flex min-w-0 items-center gap-2 whitespace-nowrap">
      <span className="flex w-28 min-w-0 text-muted max-md:w-20">
        <BotLink bot={bot} hue={hues[row.bot_id]} />
      </span>
      <Link
        prefetch={false}
        href={tradeHref(row)}
        className="target inline-flex items-center gap-2 hover:text-accent hover:underline"
      >
        <span className="font-medium">{row.coin}</span>
        <Side side={row.side} />
      </Link>
    </span>
  );
}

export function Side({ side }: { side: PositionRow["side"] }) {
  const Icon = side === "long" ? ArrowUpRight : ArrowDownRight;
  return (
    <span className="inline-flex items-center gap-0.5 text-muted text-sm">
      <Icon size={12} aria-hidden />
      {side}
    </span>
  );
}

/** The margin and what it is multiplied by. */
export function Stake({ row }: { row: PositionRow }) {
  return (
    <>
      {usd(row.quantity_usd)} <span className="text-faint">{leverage(row.leverage)}</span>
    </>
  );
}
