import type { Phase } from "./stream";

/** While the stream is lost, the server is asked at most this often. */
export const ASK_EVERY = 3000;

/**
 * Asks, while the stream is lost, whether this browser may still read: an EventSource does not
 * tell a refusal from a cut. `ask` makes a request whose refusal leads to the key page.
 */
export function askWhileLost(
  ask: () => Promise<unknown>,
  now: () => number = Date.now,
): (phase: Phase) => void {
  let asked = Number.NEGATIVE_INFINITY;
  return (phase) => {
    const lost = phase === "reconnecting" || phase === "offline";
    if (!lost || now() - asked < ASK_EVERY) return;
    asked = now();
    ask().catch(() => undefined);
  };
}
