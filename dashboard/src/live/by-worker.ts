import { hear, type ToHub, type ToTab } from "./hub";
import type { Stream, StreamEvents } from "./stream";

/** What is needed of a SharedWorker; tests bring their own. */
export type Worker = {
  onerror: ((event: never) => void) | null;
  readonly port: {
    onmessage: ((event: MessageEvent<ToTab>) => void) | null;
    postMessage(word: ToHub): void;
    close(): void;
  };
};

/** A worker that says nothing for so long cannot run here. */
const PATIENCE = 3000;

/** Joins the stream of the shared worker; `onUnable` is called once when there is none. */
export function joinWorker(worker: Worker, events: StreamEvents, onUnable: () => void): Stream {
  const { port } = worker;
  const giveUp = () => {
    clearTimeout(patience);
    port.onmessage = null;
    worker.onerror = null;
    port.postMessage({ say: "leave" });
    port.close();
    onUnable();
  };
  const patience = setTimeout(giveUp, PATIENCE);
  worker.onerror = giveUp;
  port.onmessage = ({ data }) => {
    clearTimeout(patience);
    worker.onerror = null;
    hear(data, events);
  };
  port.postMessage({ say: "join" });
  return {
    close: () => {
      clearTimeout(patience);
      port.onmessage = null;
      port.postMessage({ say: "leave" });
    },
    retry: () => port.postMessage({ say: "retry" }),
  };
}
