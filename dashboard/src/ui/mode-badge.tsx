import { CircleHelp, Copy, FlaskConical, History, NotebookPen, Zap } from "lucide-react";
import type { StatusRow } from "@/api/types";
import type { Kind } from "@/lib/view-models/kind";

const MODES = {
  live: {
    word: "LIVE",
    icon: Zap,
    stripe: "stripe-live",
    tone: "text-text",
    says: "Live: orders at a venue, real money on its main network",
  },
  paper: {
    word: "PAPER",
    icon: NotebookPen,
    stripe: "stripe-paper",
    tone: "text-text",
    says: "Real prices, no real money",
  },
  shadow: {
    word: "SHADOW",
    icon: Copy,
    stripe: "stripe-paper",
    tone: "text-text",
    says: "Paper money, beside what the real order book would have given",
  },
  simulated: {
    word: "SIMULATED",
    icon: FlaskConical,
    stripe: "stripe-simulated",
    tone: "text-text",
    says: "Invented prices, no real money",
  },
  replay: {
    word: "REPLAY",
    icon: History,
    stripe: "stripe-unknown",
    tone: "text-muted",
    says: "Recorded prices of the past, no real money",
  },
  unknown: {
    word: "UNKNOWN",
    icon: CircleHelp,
    stripe: "stripe-unknown",
    tone: "text-muted",
    says: "The bot does not say whether its money is real",
  },
} as const;

type BadgeProps = { mode: Kind; bots?: number; brief?: boolean };

/** Where a live bot's money is, unless it is real; and whether its entries are sent. */
export function LiveMark({ status }: { status: StatusRow | null | undefined }) {
  if (!status?.network) return null;
  const real = status.network === "mainnet";
  return (
    <span
      title={
        status.armed
          ? "Entries are sent: it was armed on its own machine"
          : "No entry is sent: arm it on its own machine with motherhaven arm"
      }
      className="label inline-flex items-center gap-1.5"
    >
      {!real && <span className="text-text">{status.network}, worthless money</span>}
      <span className={status.armed ? "text-loss" : "text-text"}>
        {status.armed ? "armed" : "not armed"}
      </span>
    </span>
  );
}

/** The kind of money, by word, icon and stripe; `brief`: on a phone without the word. */
export function ModeBadge({ mode, bots, brief = false }: BadgeProps) {
  const { word, icon: Icon, stripe, tone, says } = MODES[mode];
  return (
    <span
      title={says}
      className={`inline-flex h-6 shrink-0 items-center gap-1.5 overflow-hidden rounded-sm border pr-2 font-semibold text-xs tracking-wide ${tone}`}
    >
      <span aria-hidden className={`h-full w-1.5 ${stripe}`} />
      <Icon size={12} aria-hidden />
      <span className={brief ? "max-sm:sr-only" : ""}>{word}</span>
      {bots !== undefined && <span className="num text-faint">{bots}</span>}
    </span>
  );
}

/** The same in little, for a row of a table; `bare`: the icon alone, its word for who cannot see. */
export function ModeMark({ mode, bare = false }: { mode: Kind; bare?: boolean }) {
  const { word, icon: Icon, says } = MODES[mode];
  return (
    <span title={says} className="label inline-flex items-center gap-1">
      <Icon size={11} aria-hidden />
      <span className={bare ? "sr-only" : ""}>{word.toLowerCase()}</span>
    </span>
  );
}
