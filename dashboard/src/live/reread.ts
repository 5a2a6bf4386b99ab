import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "@/queries/keys";
import { type Batch, changesErrors, changesTotals } from "./batch";

/** What only the server can count, and how often it is read again at most, after events. */
const REREAD: readonly [key: QueryKey, every: number, because: (batch: Batch) => boolean][] = [
  [keys.bots, 3000, changesTotals],
  [keys.allErrorGroups, 3000, changesErrors],
  [keys.allMetrics, 30_000, changesTotals],
  [keys.comparisons, 30_000, changesTotals],
];

/** Reads what is counted again because of events: the first at once, then at most so often. */
export function rereadAfterEvents(client: QueryClient) {
  const readers = REREAD.map(([key, every, because]) => ({
    because,
    reader: paced(() => void client.invalidateQueries({ queryKey: key }), every),
  }));
  return {
    after: (batch: Batch): void => {
      for (const { because, reader } of readers) if (because(batch)) reader.soon();
    },
    stop: (): void => {
      for (const { reader } of readers) reader.stop();
    },
  };
}

/** Runs `act` at once, and then at most every so many milliseconds while it is asked for. */
export function paced(act: () => void, every: number) {
  let due = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    if (!due) return;
    due = false;
    act();
    timer = setTimeout(run, every);
  };
  return {
    soon: (): void => {
      due = true;
      if (timer === undefined) run();
    },
    stop: (): void => clearTimeout(timer),
  };
}
