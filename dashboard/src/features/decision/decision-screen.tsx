"use client";
import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import { useDecision } from "@/api/queries/use-decision";
import { useKeys } from "@/lib/prefs/use-keys";
import { BACK_RESTORES } from "@/lib/prefs/use-view";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Shell } from "@/ui/shell/shell";
import { DecisionHeader } from "./decision-header";
import { DecisionView } from "./decision-view";

/** One decision with its whole chain, at an address of its own. */
export function DecisionScreen() {
  const [id, setId] = useQueryState("id", parseAsString.withOptions(BACK_RESTORES));
  const query = useDecision(id);
  const detail = query.data;
  useKeys({
    // Down is older, as in every list of decisions.
    j: () => detail?.previous && setId(detail.previous),
    k: () => detail?.next && setId(detail.next),
  });
  return (
    <Shell>
      <div className="mx-auto w-full max-w-6xl">
        <h1 className="sr-only">Decision</h1>
        <Link
          href="/llm-bot"
          prefetch={false}
          className="target inline-flex items-center gap-1.5 px-3 py-2 text-muted text-sm hover:text-text"
        >
          <ArrowLeft size={13} aria-hidden />
          Arena
        </Link>
        <article className="border-y bg-surface lg:border-x">
          {id && detail ? (
            <>
              <DecisionHeader detail={detail} onGo={setId} />
              <DecisionView key={detail.id} detail={detail} />
            </>
          ) : id ? (
            <Panel title="Decision" query={query} skeleton={<SkeletonRows rows={12} />}>
              {null}
            </Panel>
          ) : (
            <p className="p-4 text-muted">
              This address names no decision. Open one from the Arena: its address ends in ?id=….
            </p>
          )}
        </article>
      </div>
    </Shell>
  );
}
