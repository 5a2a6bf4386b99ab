import type { QueryKey } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import { markServerTime } from "./clock";
import { ApiError, describeFailure } from "./error";
import { noteAnswer, sayHeard } from "./read-at";
import type { paths } from "./schema";

/** The one client of the JSON API, on the page's own origin. */
export const api = createClient<paths>({ baseUrl: "/" });

api.use({
  onRequest({ request }) {
    sayHeard(request);
  },
  onResponse({ response }) {
    markServerTime(response.headers.get("date"));
    if (response.status === 401) askForKey();
  },
  onError({ error }) {
    return new ApiError("The server does not answer.", describeFailure(error), null);
  },
});

const ASKED = "motherhaven-asked-for-key";
/** Sent back this soon, signing in has not helped: going again would not end. */
const ASK_AGAIN_AFTER = 15_000;

/** Goes to where the server answers with its key page until the visitor has signed in. */
function askForKey(): void {
  try {
    if (Date.now() - Number(sessionStorage.getItem(ASKED) ?? 0) < ASK_AGAIN_AFTER) return;
    sessionStorage.setItem(ASKED, String(Date.now()));
  } catch {
    return;
  }
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/api/llm-bot/login?next=${encodeURIComponent(here)}`);
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * The data of an answer, or the cause of its failure as an ApiError. `key` is of the query that
 * asked: what streams in is applied to its data from where the answer was read.
 */
export async function unwrap<T>(pending: Promise<Answer<T>>, key?: QueryKey): Promise<T> {
  const { data, error, response } = await pending;
  if (data !== undefined && response.ok) {
    if (key) noteAnswer(key, response);
    return data;
  }
  throw new ApiError(
    `The server answered ${response.status}.`,
    describeFailure(error),
    response.status,
  );
}
