/** A failed request: what happened, and the server's own words where it gave any. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly detail: string | null,
    readonly status: number | null,
  ) {
    super(message);
  }
}

/** The text inside an error body or exception, as far as one can be found. */
export function describeFailure(failure: unknown): string | null {
  if (failure === null || failure === undefined || failure === "") return null;
  if (typeof failure === "string") return failure.slice(0, 500);
  if (failure instanceof Error) return failure.message;
  if (typeof failure !== "object") return String(failure);
  const fields = failure as Record<string, unknown>;
  if (typeof fields.message === "string") {
    const said = sentence(fields.message);
    return typeof fields.fix === "string" ? `${said} ${sentence(fields.fix)}` : said;
  }
  for (const inner of [fields.error, fields.detail]) if (inner) return describeFailure(inner);
  return JSON.stringify(failure).slice(0, 500);
}

/** The server's words as a sentence: a capital first and a full stop last. */
function sentence(words: string): string {
  const text = words.trim().slice(0, 500);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
