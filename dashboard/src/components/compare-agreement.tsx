"use client";
import Link from "next/link";
import { useFleet } from "@/queries/use-fleet";
import { SIGNAL_WORDS } from "@/shape/chain";
import { agreementText } from "@/shape/compare";
import { count } from "@/shape/format-number";
import { decisionHref } from "@/shape/screens";
import { BotTag } from "./bot-tag";
import type { PartProps } from "./compare-settings";
import { Moment } from "./moment";
import { Panel, SkeletonRows } from "./panel";

const SHOWN = 20;

/** Where they decided alike, and each time that they did not. */
export function CompareAgreement({ query, comparison }: PartProps) {
  const { byId, hues } = useFleet();
  const agreement = comparison?.agreement;
  const text = agreement ? agreementText(agreement) : null;
  const rows = agreement?.disagreed.slice(0, SHOWN) ?? [];
  const missed = agreement ? agreement.n - agreement.agreed : 0;
  return (
    <Panel
      title="Agreement"
      query={query}
      className="border-t"
      skeleton={<SkeletonRows rows={4} />}
      isEmpty={text === null}
      empty={
        <p className="p-3 text-muted">They never decided on the same coin at the same time.</p>
      }
      partial={
        rows.length < missed && `showing the newest ${count(rows.length)} of ${count(missed)} times`
      }
    >
      <p className="border-b px-3 py-2">They agreed in {text}.</p>
      <ul className="divide-y">
        {rows.map((row) => (
          <li
            key={`${row.time} ${row.coin}`}
            className="flex min-h-(--row) flex-wrap items-center gap-x-4 gap-y-1 px-3 py-1"
          >
            <span className="flex w-32 gap-2 max-sm:w-full">
              <Moment at={row.time} className="text-faint" />
              <span className="font-medium">{row.coin}</span>
            </span>
            {row.signals.map((one) => (
              <Link
                key={one.decision_id}
                prefetch={false}
                href={decisionHref(one.decision_id)}
                className="target inline-flex items-center gap-1.5 text-sm hover:text-accent hover:underline"
              >
                <BotTag
                  bot={byId.get(one.bot_id) ?? { id: one.bot_id, name: null }}
                  hue={hues[one.bot_id]}
                />
                <span className="font-semibold">{SIGNAL_WORDS[one.signal]}</span>
              </Link>
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
