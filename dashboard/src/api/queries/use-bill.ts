import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "./keys";

/** What the server's store read and wrote today, where it is paid by the document. */
export function useBill() {
  return useQuery({
    queryKey: keys.bill,
    queryFn: ({ signal }) => unwrap(api.GET("/api/llm-bot/bill", { signal })),
  });
}
