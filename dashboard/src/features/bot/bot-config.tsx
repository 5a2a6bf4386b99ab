"use client";
import type { ReactNode } from "react";
import { useBotConfig } from "@/api/queries/use-bot-config";
import type { BotRow } from "@/api/types";
import { CopyButton } from "@/ui/copy-button";
import { Moment } from "@/ui/moment";
import { Panel, SkeletonRows } from "@/ui/panel";

/** How the bot is set up, and what it is known by. */
export function BotConfig({ bot }: { bot: BotRow }) {
  const query = useBotConfig(bot.id);
  const items = Object.entries(query.data ?? {});
  return (
    <Panel
      title="Settings"
      query={query}
      skeleton={<SkeletonRows rows={6} />}
      actions={<CopyButton text={() => JSON.stringify(query.data, null, 2)} label="Copy JSON" />}
    >
      <dl className="divide-y">
        {items.map(([name, value]) => (
          <Item key={name} name={name}>
            {value === null || value === "" ? "—" : value}
          </Item>
        ))}
        <Item name="id">{bot.id}</Item>
        <Item name="first seen">
          <Moment at={bot.first_seen} />
        </Item>
        <Item name="last seen">
          <Moment at={bot.last_seen} />
        </Item>
      </dl>
    </Panel>
  );
}

function Item({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[10rem_minmax(0,1fr)] gap-3 px-3 py-1.5 max-sm:grid-cols-[7rem_minmax(0,1fr)]">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="break-words font-mono text-sm">{children}</dd>
    </div>
  );
}
