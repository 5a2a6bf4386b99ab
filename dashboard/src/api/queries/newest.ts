import { api, unwrap } from "@/api/client";
import { decisionHref, tradeHref } from "@/lib/view-models/screens";

/** The address of the newest trade or decision; of the screen itself when there is none. */
export async function newestHref(what: "trade" | "decision"): Promise<string> {
  if (what === "decision") {
    const query = { limit: 1 };
    const { items } = await unwrap(api.GET("/api/llm-bot/feed", { params: { query } }));
    return items[0] ? decisionHref(items[0].id) : "/llm-bot/decision";
  }
  const query = { status: "all" as const, limit: 1 };
  const { items } = await unwrap(api.GET("/api/llm-bot/trades", { params: { query } }));
  return items[0] ? tradeHref(items[0]) : "/llm-bot/trade";
}
