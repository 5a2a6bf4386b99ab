import { useMemo } from "react";
import type { Range } from "@/api/types";
import { rangeReturns } from "@/lib/view-models/equity";
import { useEquity } from "./use-equity";
import { useFleet } from "./use-fleet";

/** Each bot's return over a range, counted from where the chart counts it. */
export function useReturns(range: Range): ReadonlyMap<string, string> | undefined {
  const { bots } = useFleet();
  const { data } = useEquity(range);
  return useMemo(() => {
    if (!data) return undefined;
    const since = range === "all" ? null : data.start;
    return rangeReturns(data.series, bots, data.bucket_seconds, since, data.bases);
  }, [data, bots, range]);
}
