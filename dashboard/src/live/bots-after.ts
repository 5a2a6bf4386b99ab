import type { BotRow } from "@/api/types";
import { baseOf, returnOf } from "@/lib/view-models/bots";
import { withHeartbeat } from "@/lib/view-models/uptime";
import type { Batch } from "./batch";

/** The bots with their newest account, heartbeat and last sign of life; counts come by reading. */
export function botsAfter(bots: readonly BotRow[], batch: Batch): BotRow[] {
  const rows = new Map(bots.map((bot) => [bot.id, bot]));
  const change = (id: string, to: (bot: BotRow) => BotRow) => {
    const bot = rows.get(id);
    if (bot) rows.set(id, to(bot));
  };
  for (const status of batch.statuses) {
    change(status.bot_id, (bot) => {
      if (isOlder(status.received_at, bot.status?.received_at)) return bot;
      const decider = status.decider ?? bot.decider;
      const market = status.market ?? bot.market;
      const heartbeat_at = status.received_at;
      const stats = withHeartbeat(bot.stats, bot.status, status);
      return { ...seen(bot, status.received_at), status, heartbeat_at, decider, market, stats };
    });
  }
  for (const { positions: _marks, ...account } of batch.accounts) {
    change(account.bot_id, (bot) => {
      if (isOlder(account.received_at, bot.account?.received_at)) return bot;
      // Money that was moved changes what the return counts from: the server's next answer has it.
      const moved = account.deposits_usd !== bot.account?.deposits_usd;
      const now = moved ? null : returnOf(account.equity_usd, baseOf(bot));
      const return_fraction = now ?? bot.return_fraction;
      return { ...seen(bot, account.received_at), account, return_fraction };
    });
  }
  for (const row of batch.decisions) {
    change(row.bot_id, (bot) => ({
      ...seen(bot, row.received_at),
      last_decision_at: row.recorded_at,
    }));
  }
  return [...rows.values()];
}

function seen(bot: BotRow, at: string): BotRow {
  return { ...bot, last_seen: newest(bot.last_seen, at) };
}

function isOlder(time: string, than: string | undefined): boolean {
  return than !== undefined && Date.parse(time) < Date.parse(than);
}

function newest(a: string | null, b: string): string {
  return a !== null && Date.parse(a) > Date.parse(b) ? a : b;
}
