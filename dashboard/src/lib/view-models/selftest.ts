import type { BotRow } from "@/api/types";
import type { Way } from "@/live/shared-stream";
import type { Phase } from "@/live/stream";
import { count, duration } from "./format-number";
import { age } from "./format-time";

export type Check = { name: string; state: "ok" | "bad" | "waiting"; says: string };

export type Seen = {
  session: { access: "open" | "key"; signed_in: boolean } | undefined;
  sessionFailed: boolean;
  ready: boolean | null;
  phase: Phase;
  way: Way | null;
  lastEventAge: number | null;
  skew: number;
};

const WAYS: Record<Way, string> = {
  worker: "one stream for all tabs, held by a shared worker",
  tabs: "one stream for all tabs, held by one of them",
  alone: "a stream of this tab alone; this browser can share none",
};

/** A clock further off than this makes ages and lateness misleading. */
const SKEW = 5000;

/** What the page itself can tell about its way to the server. */
export function checksOf(seen: Seen): Check[] {
  return [sessionCheck(seen), storeCheck(seen), streamCheck(seen), clockCheck(seen)];
}

function sessionCheck({ session, sessionFailed }: Seen): Check {
  const name = "Reading";
  if (sessionFailed) return { name, state: "bad", says: "the server does not answer" };
  if (!session) return { name, state: "waiting", says: "asking" };
  if (session.access === "open") return { name, state: "ok", says: "open to this machine" };
  return session.signed_in
    ? { name, state: "ok", says: "needs the key; this browser is signed in" }
    : { name, state: "bad", says: "needs the key, and this browser is not signed in" };
}

function storeCheck({ ready }: Seen): Check {
  const name = "Store";
  if (ready === null) return { name, state: "waiting", says: "asking" };
  return ready
    ? { name, state: "ok", says: "answers" }
    : { name, state: "bad", says: "does not answer; see the server's output" };
}

function streamCheck({ phase, way, lastEventAge }: Seen): Check {
  const name = "Live stream";
  const last = lastEventAge === null ? "" : `; last word ${age(lastEventAge)} ago`;
  const how = way ? WAYS[way] : "not joined yet";
  if (phase === "live") return { name, state: "ok", says: `${how}${last}` };
  if (phase === "connecting") return { name, state: "waiting", says: "connecting" };
  return { name, state: "bad", says: `${phase}${last}` };
}

function clockCheck({ skew }: Seen): Check {
  const name = "Clocks";
  if (Math.abs(skew) < SKEW) {
    return { name, state: "ok", says: "this computer and the server agree within 5 s" };
  }
  const way = skew > 0 ? "behind" : "ahead of";
  const says = `this computer is ${duration(Math.abs(skew))} ${way} the server; ages are corrected`;
  return { name, state: "bad", says };
}

/** The bot that the integration test of the guide's step 4 appears as. */
export const TEST_BOT = "integration-test";

/** What the server has of the integration test: each of the four kinds, read back. */
export function readBackOf(bots: readonly BotRow[]): Check[] {
  const bot = bots.find((one) => one.name === TEST_BOT);
  if (!bot) return [];
  const { stats } = bot;
  const has = (name: string, there: boolean, says: string): Check => ({
    name,
    state: there ? "ok" : "bad",
    says: there ? says : "not on the server",
  });
  const positions = stats.open_positions + stats.closed_positions;
  return [
    has("Status", bot.status !== null, bot.status?.message || bot.status?.status || ""),
    has("Decisions", stats.decisions > 0, `${count(stats.decisions)} on the server`),
    has("Account", bot.account !== null, "reported"),
    has("Positions", positions > 0, `${count(positions)} on the server`),
  ];
}
