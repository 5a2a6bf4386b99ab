import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { keys } from "./keys";

/** Whether the server's store answers. */
export function useReadiness() {
  return useQuery({
    queryKey: keys.readiness,
    queryFn: ({ signal }) => unwrap(api.GET("/readyz", { signal })),
  });
}
