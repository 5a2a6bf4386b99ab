"use client";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useFleet } from "@/api/queries/use-fleet";
import type { ErrorGroup } from "@/api/types";
import { useKeys } from "@/lib/prefs/use-keys";
import { KIND_WORDS } from "@/lib/view-models/error-groups";
import { count } from "@/lib/view-models/format-number";
import { decisionHref } from "@/lib/view-models/screens";
import { Age } from "@/ui/age";
import { BotTag } from "@/ui/bot-tag";
import { CopyButton } from "@/ui/copy-button";
import { Moment } from "@/ui/moment";

type Props = {
  groups: readonly ErrorGroup[];
  open: string | null;
  onOpen: (fingerprint: string | null) => void;
};

/** One row a cause; J and K walk them, Enter opens, Esc closes. */
export function ErrorList({ groups, open, onOpen }: Props) {
  const walk = (by: number) => {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-cause]")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
  };
  useKeys({ j: () => walk(1), k: () => walk(-1), Escape: () => open && onOpen(null) });
  return (
    <ul className="divide-y">
      {groups.map((group) => (
        <Cause
          key={group.fingerprint}
          group={group}
          isOpen={group.fingerprint === open}
          onOpen={onOpen}
        />
      ))}
    </ul>
  );
}

/** Refusals of who named no known bot stand under this id. */
const NOBODY = "default";

function strangerOf(id: string) {
  return { id, name: id === NOBODY ? "unknown sender" : null };
}

type CauseProps = { group: ErrorGroup; isOpen: boolean; onOpen: Props["onOpen"] };

function Cause({ group, isOpen, onOpen }: CauseProps) {
  const { byId, hues } = useFleet();
  return (
    <li className={isOpen ? "bg-raised/40" : ""}>
      <button
        type="button"
        data-cause
        aria-expanded={isOpen}
        onClick={() => onOpen(isOpen ? null : group.fingerprint)}
        className="grid w-full grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-3 px-3 py-2 text-left hover:bg-raised/60"
      >
        <ChevronRight
          size={14}
          aria-hidden
          className={`mt-0.5 text-faint ${isOpen ? "rotate-90" : ""}`}
        />
        <span className="flex min-w-0 flex-col gap-1">
          <span className={isOpen ? "break-words" : "line-clamp-2 break-words"}>
            <span className="mr-2 font-semibold text-loss text-sm">
              {KIND_WORDS[group.kind].word}
            </span>
            {group.message}
          </span>
          <span className="text-muted text-sm">{group.next_step}</span>
          <span className="flex flex-wrap gap-x-3 text-muted text-sm">
            {group.bots.map((id) => (
              <BotTag key={id} bot={byId.get(id) ?? strangerOf(id)} hue={hues[id]} />
            ))}
            {group.bots_n > group.bots.length && (
              <span>and {count(group.bots_n - group.bots.length)} more</span>
            )}
          </span>
        </span>
        <span className="flex flex-col items-end gap-1">
          <span className="num font-medium">{count(group.count)}×</span>
          <Age at={group.last} className="text-muted" />
          {group.count > 1 && (
            <span className="label">
              since <Moment at={group.first} />
            </span>
          )}
        </span>
      </button>
      {isOpen && <Details group={group} />}
    </li>
  );
}

function Details({ group }: { group: ErrorGroup }) {
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 px-3 pb-3 pl-10">
      <span className="label">
        first <Moment at={group.first} className="text-text" />
      </span>
      <span className="label">
        last <Moment at={group.last} className="text-text" />
      </span>
      <span className="label">{KIND_WORDS[group.kind].covers}</span>
      <span className="ml-auto flex gap-2">
        {group.decision_id && (
          <Link
            prefetch={false}
            href={decisionHref(group.decision_id)}
            className="target inline-flex items-center text-accent text-sm underline-offset-2 hover:underline"
          >
            The last decision it hit
          </Link>
        )}
        <CopyButton text={`${group.message}\n${group.next_step}`} label="Copy" />
      </span>
    </div>
  );
}
