/** Work may hold the page for so long before others get their turn, in milliseconds. */
const TURN = 12;

/** Runs work that can pause, a short turn at a time; throws when `signal` aborts it. */
export async function inSteps<T>(
  work: Iterator<undefined, T>,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
  pause: () => Promise<void> = () => new Promise((done) => setTimeout(done)),
): Promise<T> {
  let from = now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (now() - from < TURN) continue;
    await pause();
    signal.throwIfAborted();
    from = now();
  }
}
