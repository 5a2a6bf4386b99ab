import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "./keys";
import { useSession } from "./use-session";

export type ShareWanted = { bot_id: string | null; days: number; prompts: boolean };

/** The link by which this page is read, and the only bot that it shows; null: it has rights. */
export function useShare() {
  const { data } = useSession();
  return data?.share ? { ...data.share, bot: data.bot_id ?? null } : null;
}

/** The share links that were made, the newest first. */
export function useShares() {
  return useQuery({
    queryKey: keys.shares,
    queryFn: ({ signal }) => unwrap(api.GET("/api/llm-bot/shares", { signal })),
  });
}

/** Makes a link; its address is told this one time. */
export function useMakeShare() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ShareWanted) => unwrap(api.POST("/api/llm-bot/share", { body })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.shares }),
  });
}

/** Ends a link. */
export function useRevokeShare() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST("/api/llm-bot/share/revoke", { body: { id } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.shares }),
  });
}
