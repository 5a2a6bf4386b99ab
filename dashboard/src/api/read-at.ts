import { hashKey, type QueryKey } from "@tanstack/react-query";

/** The header of an answer: the cursor of the live stream up to which it has everything. */
const CURSOR = "motherhaven-cursor";
/** The header of a request: the newest id that this page has of the stream. */
const HEARD = "motherhaven-heard";

/** What follows the answers: where each was read, and what was heard when it was asked for. */
export type Follower = {
  answered: (hash: string, cursor: string) => void;
  /** The newest id of the stream that the server has to compare; null where the page can. */
  heard: () => string | null;
};

let follower: Follower | null = null;

/** Lets `next` follow all answers from now on; null ends that. */
export function followAnswers(next: Follower | null): void {
  follower = next;
}

/** Says in a request what was heard before it. */
export function sayHeard(request: Request): void {
  const id = follower?.heard() ?? null;
  if (id !== null) request.headers.set(HEARD, id);
}

/** Notes where an answer to the query `key` was read. */
export function noteAnswer(key: QueryKey, response: Response): void {
  const cursor = response.headers.get(CURSOR);
  if (cursor) follower?.answered(hashKey(key), cursor);
}
