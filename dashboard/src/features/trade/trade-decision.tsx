"use client";
import Link from "next/link";
import { useDecision } from "@/api/queries/use-decision";
import { stagesOf } from "@/lib/view-models/chain";
import { reasonOf, statedConfidence } from "@/lib/view-models/feed-row";
import { percent } from "@/lib/view-models/format-number";
import { decisionHref } from "@/lib/view-models/screens";
import { Moment } from "@/ui/moment";
import { SignalWord } from "@/ui/signal-word";
import { StageLine } from "@/ui/stage-line";

type Props = { end: "entry" | "exit"; id: string | null | undefined; without: string };

/** The decision behind an end of the trade, in brief; it leads to the whole of it. */
export function TradeDecision({ end, id, without }: Props) {
  const query = useDecision(id ?? null);
  const row = query.data;
  return (
    <section aria-label={`Decision of the ${end}`} className="border-b px-3 py-2">
      <h3 className="label">{end}</h3>
      {!id ? (
        <p className="text-muted text-sm">{without}</p>
      ) : (
        <Link
          prefetch={false}
          href={decisionHref(id)}
          className="group flex flex-col gap-1 rounded-sm py-1"
        >
          {row ? (
            <>
              <span className="flex items-center gap-2">
                <Moment at={row.time} seconds className="text-faint" />
                <SignalWord signal={row.signal} />
                {statedConfidence(row) !== null && (
                  <span className="num text-faint" title="The confidence that was stated">
                    {percent(statedConfidence(row), { signed: false, places: 0 })}
                  </span>
                )}
                <span className="ml-auto text-accent text-sm underline-offset-2 group-hover:underline">
                  Open
                </span>
              </span>
              <StageLine stages={stagesOf(row)} />
              <span className="line-clamp-3 text-muted text-sm" dir="auto">
                {reasonOf(row)}
              </span>
            </>
          ) : (
            <span className="text-accent text-sm">
              {query.isError ? "Open the decision" : "Loading"}
            </span>
          )}
        </Link>
      )}
    </section>
  );
}
