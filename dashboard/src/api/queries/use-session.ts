import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "./keys";

/** Whether reading is open here, and the server's version. */
export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: ({ signal }) => unwrap(api.GET("/api/llm-bot/session", { signal })),
  });
}
