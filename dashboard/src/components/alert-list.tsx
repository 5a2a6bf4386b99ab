"use client";
import { Check, ChevronDown, Undo2 } from "lucide-react";
import { Popover } from "radix-ui";
import { acknowledge } from "@/prefs/use-acknowledged";
import { useFleet } from "@/queries/use-fleet";
import type { Alert } from "@/shape/alerts";
import { count } from "@/shape/format-number";
import { age } from "@/shape/format-time";
import { BotLink } from "./bot-link";

type ListProps = { alerts: readonly Alert[]; acknowledged: readonly string[]; rest: string };

/** Every alert with its bot, its age, and whether it is known. */
export function AlertList({ alerts, acknowledged, rest }: ListProps) {
  const { hues } = useFleet();
  return (
    <Popover.Root>
      <Popover.Trigger className="target ml-auto inline-flex shrink-0 items-center gap-1 rounded-sm px-1 underline-offset-2 hover:underline">
        {count(alerts.length)} {alerts.length === 1 ? "alert" : "alerts"}
        <ChevronDown size={13} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          collisionPadding={8}
          aria-label="Alerts"
          className="z-40 max-h-[70dvh] w-[34rem] max-w-[calc(100vw-1rem)] overflow-y-auto rounded-sm border border-line-strong bg-surface font-normal text-sm text-text"
        >
          <ul className="divide-y">
            {alerts.map((alert) => {
              const known = acknowledged.includes(alert.key);
              return (
                <li key={alert.key} className="flex items-center gap-3 px-3 py-1">
                  <div className={`min-w-0 flex-1 ${known ? "text-faint" : ""}`}>
                    <BotLink bot={alert.bot} hue={hues[alert.bot.id]} />
                    <span className={known ? "" : TONES[alert.level]}>{alert.text}</span>
                  </div>
                  <span className="num text-faint" title="Since the last heartbeat">
                    {age(alert.age)}
                  </span>
                  <button
                    type="button"
                    onClick={() => acknowledge(alert.key, !known)}
                    title={
                      known
                        ? "Let it be loud again"
                        : "Known: it is quiet in this browser until the bot falls silent again"
                    }
                    className="target inline-flex items-center gap-1 rounded-sm border px-2 text-muted hover:bg-raised hover:text-text"
                  >
                    {known ? <Undo2 size={12} aria-hidden /> : <Check size={12} aria-hidden />}
                    {known ? "acknowledged" : "acknowledge"}
                  </button>
                </li>
              );
            })}
          </ul>
          <p className="label border-t px-3 py-1.5">The others: {rest}</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

const TONES = { danger: "text-loss", late: "text-warn", behind: "text-warn" } as const;
