"use client";
import { memo } from "react";
import type { BotRow } from "@/api/types";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { lackingOf, summaryOf } from "@/lib/view-models/protection";
import { Age } from "@/ui/age";
import { ProtectionWord } from "@/ui/protection-mark";

/** Which positions no stop at the venue covers whole, why, and since when. */
export const BotProtection = memo(function BotProtection({ bot }: { bot: BotRow }) {
  const now = usePulseNow();
  const summary = summaryOf(bot, now || Date.now());
  if (!summary) return null;
  const lacking = lackingOf(bot);
  return (
    <section aria-label="Protection" className="border-t bg-surface px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-semibold text-sm">Protection</h2>
        <ProtectionWord state={summary.state} />
        <span className="text-muted text-sm">{summary.says}</span>
        {bot.status && (
          <span className="label ml-auto">
            told <Age at={bot.status.received_at} /> ago
          </span>
        )}
      </div>
      {lacking.length > 0 && (
        <ul aria-label="Not protected" className="mt-1 space-y-1">
          {lacking.map((one) => (
            <li key={one.key} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 text-sm">
              <span className="font-medium">{one.coin}</span>
              <ProtectionWord state={one.state} />
              <span className="text-muted">{one.why}</span>
              {one.code && <code className="text-faint text-xs">{one.code}</code>}
              {one.since && (
                <span className="label">
                  for <Age at={one.since} className="text-muted" />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
});
