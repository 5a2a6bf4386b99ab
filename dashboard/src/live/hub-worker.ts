import { createHub, type Member, type ToHub } from "./hub";
import { LIVE_URL } from "./live-url";
import { openStream } from "./stream";

/** The shared worker: it holds the one event stream of all tabs of this browser. */
type Connected = { onconnect: ((event: MessageEvent) => void) | null };

const hub = createHub((events) => openStream({ ...events, url: LIVE_URL }));

(globalThis as unknown as Connected).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  const member: Member = (word) => port.postMessage(word);
  port.onmessage = ({ data }: MessageEvent<ToHub>) => {
    if (data.say === "join") hub.join(member);
    else if (data.say === "leave") hub.leave(member);
    else hub.retry();
  };
};
