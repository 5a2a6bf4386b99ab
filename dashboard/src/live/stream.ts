import type { LiveMessage } from "@/api/types";

export const LIVE_KINDS = [
  "decision",
  "execution",
  "account",
  "position_opened",
  "position_closed",
  "status",
  "command",
  "log",
  "rejected",
] as const satisfies readonly LiveMessage["kind"][];

export type Phase = "connecting" | "live" | "reconnecting" | "offline";

export type StreamState = {
  phase: Phase;
  /** When anything last came over the stream, by the browser's clock. */
  lastEventAt: number | null;
  /** When the stream was lost, null while it is live. */
  lostAt: number | null;
};

/** What the stream needs of an EventSource; tests bring their own. */
export type Source = {
  readonly readyState: number;
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
};

/** What a stream tells: each message with the id by which the stream resumes after it. */
export type StreamEvents = {
  onMessage: (message: LiveMessage, id: string) => void;
  /** The stream begins, or goes on, after this id. */
  onBegin: (id: string) => void;
  /** History is gone: what was read is as of an unknown time; the stream goes on after this id. */
  onReset: (id: string) => void;
  onState: (state: StreamState) => void;
};

export type StreamOptions = StreamEvents & {
  url: string;
  /** The id to go on after; empty for what comes from now on. */
  after?: string;
  open?: (url: string) => Source;
  now?: () => number;
  random?: () => number;
};

const CLOSED = 2;
/** Silence for this many heartbeats means that the connection is dead, though nobody said so. */
const DEAD_AFTER_BEATS = 2.5;
/** Seconds between heartbeats, until the stream's first message tells. */
const BEAT = 10;
/** After this long without a stream the pill says Offline. */
const OFFLINE_AFTER = 30_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 4000;

export type Stream = { close: () => void; retry: () => void };

/**
 * Opens an event stream. It resumes by the last event id: the browser does so
 * by itself after a cut; where the browser gives up, the stream is opened anew with ?after=.
 */
export function openStream(options: StreamOptions): Stream {
  const open = options.open ?? ((url: string) => new EventSource(url) as unknown as Source);
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  let state: StreamState = { phase: "connecting", lastEventAt: null, lostAt: null };
  let source: Source | null = null;
  let lastId = options.after ?? "";
  let failures = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let offlineTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let beat = BEAT;

  const become = (change: Partial<StreamState>) => {
    state = { ...state, ...change };
    options.onState(state);
  };

  const heard = () => {
    clearTimeout(offlineTimer);
    offlineTimer = undefined;
    failures = 0;
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(dead, DEAD_AFTER_BEATS * beat * 1000);
    become({ phase: "live", lastEventAt: now(), lostAt: null });
  };

  /** A connection that fell silent without being cut is given up and opened anew. */
  const dead = () => {
    source?.close();
    lost();
  };

  const lost = () => {
    const phase = state.phase === "offline" ? "offline" : "reconnecting";
    become({ phase, lostAt: state.lostAt ?? now() });
    offlineTimer ??= setTimeout(() => become({ phase: "offline" }), OFFLINE_AFTER);
    if (source?.readyState !== CLOSED || retryTimer !== undefined) return;
    const wait = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failures) * (0.75 + random() / 2);
    failures += 1;
    retryTimer = setTimeout(connect, wait);
  };

  const receive = (event: MessageEvent<string>) => {
    lastId = event.lastEventId || lastId;
    heard();
    try {
      options.onMessage(JSON.parse(event.data) as LiveMessage, lastId);
    } catch (error) {
      console.error(`live: an event of kind ${event.type} could not be read`, error);
    }
  };

  const connect = () => {
    clearTimeout(retryTimer);
    retryTimer = undefined;
    source?.close();
    const after = lastId === "" ? "" : `?after=${encodeURIComponent(lastId)}`;
    const current = open(`${options.url}${after}`);
    source = current;
    current.onopen = heard;
    current.onerror = () => {
      if (source === current) lost();
    };
    for (const kind of LIVE_KINDS) current.addEventListener(kind, receive);
    current.addEventListener("hello", (event) => {
      lastId = event.lastEventId || lastId;
      beat = beatOf(event.data) ?? beat;
      if (lastId !== "") options.onBegin(lastId);
      heard();
    });
    current.addEventListener("heartbeat", heard);
    current.addEventListener("reset", (message) => {
      lastId = message.lastEventId;
      heard();
      options.onReset(lastId);
    });
  };

  connect();
  return {
    close: () => {
      clearTimeout(retryTimer);
      clearTimeout(offlineTimer);
      clearTimeout(silenceTimer);
      source?.close();
      source = null;
    },
    retry: connect,
  };
}

/** The seconds between heartbeats that the server's greeting promises. */
function beatOf(data: string): number | null {
  try {
    const { heartbeat_seconds: seconds } = JSON.parse(data) as { heartbeat_seconds?: unknown };
    return typeof seconds === "number" && seconds > 0 ? seconds : null;
  } catch {
    return null;
  }
}
