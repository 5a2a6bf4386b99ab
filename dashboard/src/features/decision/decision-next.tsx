"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import type { DecisionDetail, Outcome } from "@/api/types";
import { useNow } from "@/lib/prefs/use-now";
import { isBlank, movesOf, touchedText } from "@/lib/view-models/outcome";
import { tradeHref } from "@/lib/view-models/screens";
import { Delta } from "@/ui/delta";

/** Keeps the place of one line while that is read: what stands below is not pushed away. */
export function NextPlace() {
  return <div aria-busy="true" className="h-[33px] border-b" />;
}

type Props = { detail: DecisionDetail; outcome: Outcome };

/** What happened next: where the coin went, what it touched, and what the position made. */
export function DecisionNext({ detail, outcome }: Props) {
  const now = useNow();
  const { position } = outcome;
  if (isBlank(outcome)) {
    return (
      <p className="border-b px-3 py-2 text-faint text-sm">
        What happened next is not known yet: its first hour is not over, or the bot recorded no
        candles.
      </p>
    );
  }
  return (
    <section
      aria-label="What happened next"
      className="flex flex-wrap items-center gap-x-6 gap-y-1 border-b px-3 py-2"
    >
      <h3 className="label max-sm:w-full">what happened next</h3>
      <dl className="flex flex-wrap items-start gap-x-6 gap-y-1">
        {movesOf(outcome, detail, now).map((move) => (
          <Figure
            key={move.name}
            name={`${detail.coin} ${move.name}`}
            title="How far the price went from the one at the decision"
          >
            {move.text}
            {move.way && (
              <span className={move.way === "for" ? "text-gain" : "text-loss"}>
                {" "}
                {move.way === "for" ? "for it" : "against it"}
              </span>
            )}
          </Figure>
        ))}
        {detail.stop_loss != null && (
          <Figure name="stop" title="Whether the price came to the stop since">
            {touchedText(outcome.stop_touched)}
          </Figure>
        )}
        {detail.profit_target != null && (
          <Figure name="target" title="Whether the price came to the target since">
            {touchedText(outcome.target_touched)}
          </Figure>
        )}
        {position && (
          <Figure
            name={position.status === "open" ? "position, open" : "position, closed"}
            title="What the position that came of it made: unrealized while open, else net"
          >
            <Link
              prefetch={false}
              href={tradeHref(position)}
              className="target inline-flex items-center underline decoration-line-strong underline-offset-2 hover:text-accent"
            >
              <Delta
                value={position.status === "open" ? position.unrealized_pnl : position.realized_pnl}
                as="usd"
              />
            </Link>
          </Figure>
        )}
      </dl>
    </section>
  );
}

function Figure({ name, title, children }: { name: string; title: string; children: ReactNode }) {
  return (
    <div>
      <dt className="label" title={title}>
        {name}
      </dt>
      <dd className="num flex min-h-6 items-center gap-1">{children}</dd>
    </div>
  );
}
