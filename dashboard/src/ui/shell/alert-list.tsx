"use client";
import { Check, ChevronDown, Undo2 } from "lucide-react";
import { useFleet } from "@/api/queries/use-fleet";
import { acknowledge } from "@/lib/prefs/use-acknowledged";
import type { Alert } from "@/lib/view-models/alerts";
import { count } from "@/lib/view-models/format-number";
import { age } from "@/lib/view-models/format-time";
import { BotLink } from "@/ui/bot-link";
import { Popover } from "@/ui/popover";

type ListProps = { alerts: readonly Alert[]; acknowledged: readonly string[]; rest: string };

/** Every alert with its bot, its age, and whether it is known. */
export function AlertList({ alerts, acknowledged, rest }: ListProps) {
  const { hues } = useFleet();
  return (
    <Popover
      label="Alerts"
      text={
        <>
          {count(alerts.length)} {alerts.length === 1 ? "alert" : "alerts"}
          <ChevronDown size={13} aria-hidden />
        </>
      }
      textClass="target ml-auto inline-flex shrink-0 items-center gap-1 rounded-sm px-1 underline-offset-2 hover:underline"
      className="max-h-[70dvh] w-[34rem] max-w-[calc(100vw-1rem)] overflow-y-auto"
    >
      {() => (
        <>
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
        </>
      )}
    </Popover>
  );
}

const TONES = { danger: "text-loss", late: "text-warn", behind: "text-warn" } as const;
