"use client";
import { Check, CircleDashed, X } from "lucide-react";
import { clockSkew } from "@/api/clock";
import { useFleet } from "@/api/queries/use-fleet";
import { useReadiness } from "@/api/queries/use-readiness";
import { useSession } from "@/api/queries/use-session";
import { useNow } from "@/lib/prefs/use-now";
import { type Check as CheckRow, checksOf, readBackOf, TEST_BOT } from "@/lib/view-models/selftest";
import { useLastEventAt, usePhase, useWay } from "@/live/use-live";
import { CommandLine } from "@/ui/command-line";

/** What the page can check by itself, and the command that checks a bot's side. */
export function SelfTest() {
  const session = useSession();
  const readiness = useReadiness();
  const phase = usePhase();
  const way = useWay();
  const lastEventAt = useLastEventAt();
  const { bots } = useFleet();
  useNow();
  const checks = checksOf({
    session: session.data,
    sessionFailed: session.isError,
    ready: readiness.isPending ? null : readiness.isSuccess,
    phase,
    way,
    lastEventAge: lastEventAt === null ? null : Date.now() - lastEventAt,
    skew: clockSkew(),
  });
  const readBack = readBackOf(bots);
  return (
    <>
      <Checks label="From this page" checks={checks} />
      {session.data && <p className="label">Server version {session.data.version}</p>}
      <button
        type="button"
        onClick={() => {
          void session.refetch();
          void readiness.refetch();
        }}
        className="target self-start rounded-sm border px-2 text-sm hover:bg-raised"
      >
        Check again
      </button>
      <p className="text-muted">
        The other half is a bot’s way to this server. Run this where the bot is set up; it logs as{" "}
        <code className="font-mono text-sm">{TEST_BOT}</code> and reads back what arrived:
      </p>
      <CommandLine text="python test_motherhaven_integration.py" />
      {readBack.length > 0 ? (
        <Checks label="What this server has of it" checks={readBack} />
      ) : (
        <p className="text-muted">
          This server has nothing from it yet. What arrives is shown here at once.
        </p>
      )}
    </>
  );
}

const STATES = {
  ok: { icon: Check, tone: "text-gain", word: "passed" },
  bad: { icon: X, tone: "text-loss", word: "failed" },
  waiting: { icon: CircleDashed, tone: "text-faint", word: "waiting" },
} as const;

function Checks({ label, checks }: { label: string; checks: readonly CheckRow[] }) {
  return (
    <ul aria-label={label} className="divide-y border-y">
      {checks.map(({ name, state, says }) => {
        const { icon: Icon, tone, word } = STATES[state];
        return (
          <li key={name} className="flex min-h-8 items-center gap-2 py-1">
            <Icon size={14} className={`shrink-0 ${tone}`} aria-label={word} />
            <span className="w-24 shrink-0">{name}</span>
            <span className="min-w-0 text-muted text-sm">{says}</span>
          </li>
        );
      })}
    </ul>
  );
}
