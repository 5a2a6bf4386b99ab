"use client";
import Link from "next/link";
import { useErrorGroups } from "@/api/queries/use-error-groups";
import type { BotRow } from "@/api/types";
import { ErrorList } from "@/features/errors/error-list";
import { useBotView } from "@/lib/prefs/use-bot-view";
import { countText } from "@/lib/view-models/error-groups";
import { Panel, SkeletonRows } from "@/ui/panel";

/** What went wrong with this bot, one row for each cause. */
export function BotErrors({ bot }: { bot: BotRow }) {
  const [{ error }, setView] = useBotView();
  const query = useErrorGroups({ kind: null, bot: bot.id, since: "all" });
  const rows = query.data?.items ?? [];
  return (
    <Panel
      title="Errors"
      query={query}
      skeleton={<SkeletonRows rows={4} height={64} />}
      isEmpty={rows.length === 0}
      empty={<p className="p-3 text-muted">Nothing has gone wrong with this bot.</p>}
      partial={query.data && rows.length > 0 && countText(query.data)}
      actions={
        <Link
          prefetch={false}
          href={`/llm-bot/errors?bot=${encodeURIComponent(bot.id)}`}
          className="target inline-flex items-center text-muted text-sm underline-offset-2 hover:text-accent hover:underline"
        >
          All errors
        </Link>
      }
    >
      <ErrorList groups={rows} open={error} onOpen={(next) => setView({ error: next })} />
    </Panel>
  );
}
