"use client";
import { Maximize2, X } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { useDecision } from "@/api/queries/use-decision";
import { Panel, SkeletonRows } from "@/ui/panel";
import { DecisionHeader } from "./decision-header";
import { DecisionView } from "./decision-view";

type Props = { id: string; onGo: (id: string) => void; onClose: () => void };

/** A decision in full beside the feed; the feed stays in reach of J and K. */
export function Inspector({ id, onGo, onClose }: Props) {
  const query = useDecision(id);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current?.scrollTo({ top: 0 });
  }, [id]);
  return (
    <aside
      aria-label="Decision"
      className="bg-surface max-lg:fixed max-lg:inset-0 max-lg:z-40 lg:absolute lg:inset-0 lg:z-20"
    >
      <div
        ref={element}
        className="overflow-y-auto overscroll-contain max-lg:h-full lg:sticky lg:top-11 lg:h-[calc(100dvh-2.75rem)]"
      >
        {query.data ? (
          <>
            <DecisionHeader detail={query.data} onGo={onGo}>
              <Link
                href={`/llm-bot/decision?id=${encodeURIComponent(id)}`}
                prefetch={false}
                aria-label="Open as a page"
                title="Open as a page"
                className="target inline-flex items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text"
              >
                <Maximize2 size={13} aria-hidden />
              </Link>
              <CloseButton onClose={onClose} />
            </DecisionHeader>
            <DecisionView key={id} detail={query.data} />
          </>
        ) : (
          <>
            <div className="flex justify-end p-1">
              <CloseButton onClose={onClose} />
            </div>
            <Panel title="Decision" query={query} skeleton={<SkeletonRows rows={10} />}>
              {null}
            </Panel>
          </>
        )}
      </div>
    </aside>
  );
}

function CloseButton({ onClose }: { onClose: () => void }) {
  return (
    <button
      type="button"
      aria-label="Close"
      title="Close (Esc)"
      onClick={onClose}
      className="target inline-flex items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text"
    >
      <X size={15} aria-hidden />
    </button>
  );
}
