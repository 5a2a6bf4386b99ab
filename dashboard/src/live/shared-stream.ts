import { joinByLocks, LOCK } from "./by-locks";
import { joinWorker } from "./by-worker";
import { LIVE_URL } from "./live-url";
import { openStream, type Stream, type StreamEvents } from "./stream";

/** How a tab gets the stream: from the shared worker, from the leading tab, or by itself. */
export type Way = "worker" | "tabs" | "alone";

/** Joins the one stream that all tabs of this browser share. */
export function joinStream(events: StreamEvents, onWay: (way: Way) => void): Stream {
  let joined: Stream;
  const withoutWorker = () => {
    const shared = joinTabs(events);
    onWay(shared ? "tabs" : "alone");
    return shared ?? openStream({ ...events, url: LIVE_URL });
  };
  const worker = startWorker();
  if (worker) {
    onWay("worker");
    joined = joinWorker(worker, events, () => {
      joined = withoutWorker();
    });
  } else joined = withoutWorker();
  return { close: () => joined.close(), retry: () => joined.retry() };
}

function startWorker() {
  if (typeof SharedWorker === "undefined") return null;
  try {
    return new SharedWorker(new URL("./hub-worker.ts", import.meta.url), { name: LOCK });
  } catch (error) {
    console.warn("live: no shared worker, sharing among tabs instead", error);
    return null;
  }
}

function joinTabs(events: StreamEvents): Stream | null {
  if (typeof BroadcastChannel === "undefined" || !navigator.locks) return null;
  return joinByLocks(
    {
      channel: new BroadcastChannel(LOCK),
      hold: holdLock,
      open: (heard, after) => openStream({ ...heard, url: LIVE_URL, after }),
    },
    events,
  );
}

/** Holds the lock of the leading tab; the browser frees it when the tab is gone. */
function holdLock(lead: () => void): () => void {
  const waiting = new AbortController();
  let release = () => waiting.abort();
  const leading = navigator.locks.request(LOCK, { signal: waiting.signal }, () => {
    lead();
    return new Promise<void>((done) => {
      release = done;
    });
  });
  leading.catch((error: unknown) => {
    if (!waiting.signal.aborted) console.error("live: the lock could not be taken", error);
  });
  return () => release();
}
