import createClient from "openapi-fetch";
import { markServerTime } from "./clock";
import { ApiError, describeFailure } from "./error";
import type { paths } from "./schema";

/** The one client of the JSON API, on the page's own origin. */
export const api = createClient<paths>({ baseUrl: "/" });

api.use({
  onResponse({ response }) {
    markServerTime(response.headers.get("date"));
    // The server answers this address with its key page until the visitor has signed in.
    if (response.status === 401 && typeof window !== "undefined") {
      window.location.assign("/llm-bot");
    }
  },
  onError({ error }) {
    return new ApiError("The server does not answer.", describeFailure(error), null);
  },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer, or the cause of its failure as an ApiError. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (data !== undefined && response.ok) return data;
  throw new ApiError(
    `The server answered ${response.status}.`,
    describeFailure(error),
    response.status,
  );
}
