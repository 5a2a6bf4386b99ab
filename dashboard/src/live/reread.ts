import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "@/api/queries/keys";
import type { BotRow } from "@/api/types";
import type { FeedFilter } from "@/lib/view-models/filter";
import { type Batch, changesErrors, changesTotals } from "./batch";

type Reread = {
  key: QueryKey;
  /** Milliseconds between two readings at least. */
  every: number;
  because: (batch: Batch, client: QueryClient) => boolean;
  /** Which of the queries under the key; all of them, when left out. */
  only?: (query: { queryKey: QueryKey }) => boolean;
};

/** What only the server can count or find, read again after events, but not more often. */
const REREAD: readonly Reread[] = [
  {
    key: keys.bots,
    every: 3000,
    because: (batch, client) => changesTotals(batch) || hasStranger(batch, client),
  },
  { key: keys.allErrorGroups, every: 3000, because: changesErrors },
  { key: keys.allMetrics, every: 30_000, because: changesTotals },
  { key: keys.allAnswers, every: 3000, because: ({ decisions }) => decisions.length > 0 },
  { key: keys.breakdowns, every: 30_000, because: changesTotals },
  { key: keys.comparisons, every: 30_000, because: changesTotals },
  // An execution tells only the id of the decision that enters such a list.
  {
    key: keys.feeds,
    every: 3000,
    because: ({ executions }) => executions.length > 0,
    only: ({ queryKey }) => (queryKey[1] as FeedFilter).executed === true,
  },
];

/** True for the first heartbeat of a bot, which no list has a row for yet. */
function hasStranger({ statuses }: Batch, client: QueryClient): boolean {
  const known = new Set(client.getQueryData<BotRow[]>(keys.bots)?.map((bot) => bot.id));
  return statuses.some((status) => !known.has(status.bot_id));
}

/** Reads what is counted again because of events: the first at once, then at most so often. */
export function rereadAfterEvents(client: QueryClient) {
  const readers = REREAD.map(({ key, every, because, only }) => ({
    because,
    reader: paced(() => void client.invalidateQueries({ queryKey: key, predicate: only }), every),
  }));
  return {
    after: (batch: Batch): void => {
      for (const { because, reader } of readers) if (because(batch, client)) reader.soon();
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
