import type { DecisionDetail, Outcome, PositionRow } from "@/api/types";
import { SIGNAL_WORDS, type Stage, stagesOf, type Tone } from "./chain";
import { signOf } from "./decimal";
import { count, decimal, usd } from "./format-number";
import { tradeHref } from "./screens";

export type Step = {
  key: "trigger" | "prompt" | "model" | "parsed" | "guard" | "order" | "fill" | "outcome";
  state: Tone;
  word: string;
  detail: string | null;
  /** When it happened; `about` where that follows from how long something took. */
  at?: string | null;
  about?: boolean;
  /** How long it took, in milliseconds. */
  took?: number | null;
  /** What it leads to. */
  href?: string | null;
};

/** The chain of a decision, in the order in which it happened; `ended` is what it closed. */
export function stepsOf(
  detail: DecisionDetail,
  outcome: Outcome | null = null,
  ended: PositionRow | null = null,
): Step[] {
  const { allowed, executed } = stagesOf(detail);
  const promptLength = (detail.texts.system_prompt ?? 0) + (detail.texts.user_prompt ?? 0);
  return [
    {
      ...step("trigger", detail.trigger ?? "unknown", null, detail.trigger ? "plain" : "faint"),
      ...begun(detail),
    },
    promptLength > 0
      ? step("prompt", `${lengthOf(promptLength)} chars`, tokens(detail.tokens_in, "in"), "plain")
      : step("prompt", "none", null, "faint"),
    {
      ...step(
        "model",
        detail.model ?? detail.decider ?? "unknown",
        tokens(detail.tokens_out, "out"),
        "plain",
      ),
      // What a fixed rule takes is nothing worth a figure.
      took: detail.latency_ms || null,
    },
    {
      ...(detail.error
        ? step("parsed", "failed", detail.error, "bad")
        : step("parsed", SIGNAL_WORDS[detail.signal], detail.finish_reason ?? null, "good")),
      at: detail.time,
    },
    step("guard", allowed.word, allowed.why ?? allowed.figure, allowed.tone),
    orderOf(detail),
    {
      ...step("fill", executed.word, filledAs(executed), executed.tone),
      at: detail.execution?.time ?? null,
    },
    outcomeOf(detail, outcome?.position ?? ended),
  ];
}

function step(key: Step["key"], word: string, detail: string | null, state: Tone): Step {
  return { key, word, detail, state };
}

/** A decision is stamped once it is read; the model began so much earlier. */
function begun({ time, latency_ms: took }: DecisionDetail): Pick<Step, "at" | "about"> {
  if (!took) return { at: time };
  return { at: new Date(Date.parse(time) - took).toISOString(), about: true };
}

function orderOf({ execution, time }: DecisionDetail): Step {
  const sent = execution?.cloid || execution?.latency_ms != null;
  if (!execution || !sent) {
    return step("order", execution ? execution.status : "none", null, "faint");
  }
  const since = Date.parse(execution.time) - Date.parse(time);
  return {
    ...step("order", "sent", execution.cloid?.slice(0, 10) ?? null, "good"),
    took: execution.latency_ms ?? (since > 0 ? since : null),
  };
}

function filledAs({ figure, at, why }: Stage): string | null {
  return at ? `@ ${at}` : (figure ?? why);
}

function lengthOf(characters: number): string {
  return characters < 1000 ? String(characters) : `${decimal(String(characters / 1000), 1)}k`;
}

function tokens(amount: number | null | undefined, way: string): string | null {
  return amount == null ? null : `${count(amount)} tokens ${way}`;
}

/** What came of it: the position that it opened, else the one that it ended. */
function outcomeOf(detail: DecisionDetail, position: PositionRow | null): Step {
  if (position?.status === "closed") {
    const sign = signOf(position.realized_pnl);
    const end = position.exit_time;
    return {
      ...step(
        "outcome",
        usd(position.realized_pnl, { signed: true }),
        position.reason ?? null,
        sign === 1 ? "good" : sign === -1 ? "bad" : "plain",
      ),
      at: end,
      took: end ? Date.parse(end) - Date.parse(position.entry_time) : null,
      href: tradeHref(position),
    };
  }
  if (position) {
    const now = usd(position.unrealized_pnl, { signed: true });
    return { ...step("outcome", "open", `${now} now`, "plain"), href: tradeHref(position) };
  }
  const id = detail.execution?.position_id;
  if (!id) return step("outcome", "no position", null, "faint");
  const word = detail.signal === "close" ? "closed" : "position";
  return {
    ...step("outcome", word, id.slice(0, 8), "plain"),
    href: tradeHref({ id, bot_id: detail.bot_id }),
  };
}
