import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { forgetToken, keepToken, newId, tokenNow, type Wish } from "@/api/control";
import { ApiError } from "@/api/error";
import { useStreamReady } from "@/live/use-live";
import { keys } from "./keys";

/** A bot's newest commands; the live stream says when one has changed. */
export function useCommands(bot: string) {
  return useQuery({
    queryKey: keys.commands(bot),
    enabled: useStreamReady(),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/llm-bot/commands", { signal, params: { query: { bot } } })),
  });
}

/** Gives commands; the same wish tried again after a failure keeps its id. */
export function useGiveCommand(bot: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ wish, id }: { wish: Wish; id: string }) => {
      const confirmed = tokenNow();
      if (confirmed === null) throw new ApiError("Confirm with your key first.", null, 403);
      try {
        return await unwrap(
          api.POST("/api/llm-bot/control", {
            body: { id, bot_id: bot, name: wish.name, args: wish.args },
            headers: { "x-motherhaven-confirmed": confirmed },
          }),
        );
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) forgetToken();
        throw error;
      }
    },
    retry: 1,
    onSettled: () => client.invalidateQueries({ queryKey: keys.commands(bot) }),
  });
}

/** Shows the session's key once more: commands may then be given for five minutes. */
export async function confirmWith(key: string): Promise<void> {
  const told = await unwrap(api.POST("/api/llm-bot/control/confirm", { body: { key } }));
  keepToken(told.token, told.seconds);
}

export { newId };
