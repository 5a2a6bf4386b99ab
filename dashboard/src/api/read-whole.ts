import { api, unwrap } from "./client";
import type { TextField } from "./types";

/** Reads a long text to its end, part by part, for saving it as a file. */
export async function readWhole(id: string, field: TextField): Promise<Blob> {
  const parts: string[] = [];
  let offset = 0;
  for (;;) {
    const query = { id, field, offset, limit: 65_536 };
    const slice = await unwrap(api.GET("/api/llm-bot/text", { params: { query } }));
    parts.push(slice.text);
    offset += [...slice.text].length;
    if (slice.text === "" || offset >= slice.total) break;
  }
  return new Blob(parts, { type: "text/plain;charset=utf-8" });
}
