"use client";
import { useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { keys } from "@/api/queries/keys";
import { useFleet } from "@/api/queries/use-fleet";
import type { DecisionDetail } from "@/api/types";
import { isReplayed } from "@/lib/view-models/kind";
import { BotLink } from "@/ui/bot-link";
import { CopyButton } from "@/ui/copy-button";
import { ModeMark } from "@/ui/mode-badge";
import { Moment } from "@/ui/moment";
import { SignalWord } from "@/ui/signal-word";

type Props = {
  detail: DecisionDetail;
  onGo: (id: string) => void;
  /** What stands at the right end: close, or open as a page. */
  children?: ReactNode;
};

/** Whose decision this is, in which coin, and when; and the way to its neighbours. */
export function DecisionHeader({ detail, onGo, children }: Props) {
  const { byId, hues } = useFleet();
  const known = byId.get(detail.bot_id);
  const bot = known ?? { id: detail.bot_id, name: detail.bot_name };
  useNewcomer(detail, known?.last_decision_at ?? null);
  const link = () => `${location.origin}/llm-bot/decision?id=${encodeURIComponent(detail.id)}`;
  return (
    <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-1.5">
      <span className="flex items-center">
        <Go to={detail.previous} label="The bot's previous decision (J)" onGo={onGo}>
          <ChevronLeft size={15} aria-hidden />
        </Go>
        <Go to={detail.next} label="The bot's next decision (K)" onGo={onGo}>
          <ChevronRight size={15} aria-hidden />
        </Go>
      </span>
      <h2 className="flex items-center gap-2 font-semibold text-base">
        {detail.coin} <SignalWord signal={detail.signal} large />
      </h2>
      <span className="min-w-0 text-muted">
        <BotLink bot={bot} hue={hues[detail.bot_id]} />
      </span>
      <ModeMark mode={isReplayed(detail) && detail.mode !== "live" ? "replay" : detail.mode} />
      <Moment at={detail.time} seconds className="text-muted" />
      <span className="ml-auto flex items-center gap-1">
        <CopyButton text={link} label="Link" />
        {children}
      </span>
    </header>
  );
}

/** The newest decision of a bot learns of the next one as soon as it was made. */
function useNewcomer({ id, next }: DecisionDetail, newest: string | null): void {
  const client = useQueryClient();
  const known = useRef(newest);
  useEffect(() => {
    const before = known.current;
    known.current = newest;
    if (next !== null || before === null || before === newest) return;
    void client.invalidateQueries({ queryKey: keys.decision(id) });
  }, [client, id, next, newest]);
}

type GoProps = {
  to: string | null | undefined;
  label: string;
  onGo: (id: string) => void;
  children: ReactNode;
};

function Go({ to, label, onGo, children }: GoProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={!to}
      onClick={() => to && onGo(to)}
      className="target inline-flex items-center justify-center rounded-sm text-muted hover:bg-raised hover:text-text disabled:cursor-default disabled:text-line-strong disabled:hover:bg-transparent"
    >
      {children}
    </button>
  );
}
