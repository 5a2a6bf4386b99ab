import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Candle } from "@/api/types";
import { keys } from "./keys";

const PAGE = 5000;
/** Past so many, candles are thinner than a pixel. */
const MOST = 20_000;

export type CandleSpan = { bot: string; coin: string; start: string; end: string | null };

/** A coin's candles as its bot recorded them over a span; empty where none were. */
export function useCandles(span: CandleSpan | null) {
  return useQuery({
    queryKey: keys.candles(span?.bot ?? "", span?.coin ?? "", span?.start ?? "", span?.end ?? null),
    enabled: span !== null,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const candles: Candle[] = [];
      let interval: number | null = null;
      let start = span?.start ?? null;
      while (span && start !== null && candles.length < MOST) {
        const { bot, coin, end } = span;
        const query = { bot, coin, start, end: end ?? undefined, limit: PAGE };
        const answer = api.GET("/api/llm-bot/candles", { signal, params: { query } });
        const page = await unwrap(answer);
        candles.push(...page.candles);
        interval ??= page.interval_seconds;
        start = page.next;
      }
      return { candles, interval };
    },
  });
}
