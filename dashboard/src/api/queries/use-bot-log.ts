import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, unwrap } from "@/api/client";
import { useLastEventAt, useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** Lines that another server of the store took are seen this much later, in milliseconds. */
const ELSEWHERE = 9_000;

/** The last lines of a bot's log; the stream says when there are more. */
export function useBotLog(bot: string) {
  const query = useQuery({
    queryKey: keys.log(bot),
    enabled: useStreamReady(),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/llm-bot/log", { signal, params: { query: { bot } } })),
  });
  // The stream tells of lines that its own server took; with its heartbeat all are asked for.
  const heard = useLastEventAt();
  const { dataUpdatedAt, isFetching, isSuccess, refetch } = query;
  useEffect(() => {
    const isDue = heard !== null && heard - dataUpdatedAt > ELSEWHERE;
    if (isDue && isSuccess && !isFetching && !document.hidden) void refetch();
  }, [heard, dataUpdatedAt, isFetching, isSuccess, refetch]);
  return query;
}
