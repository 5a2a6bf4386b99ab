"use client";
import { serverNow } from "@/api/clock";
import { useLostAt } from "@/live/use-live";
import { useNow } from "./use-now";

/**
 * The time by which heartbeats are judged: it stands still while the page itself is cut off,
 * for then it is not the bots that are late. 0 before the page has come to life.
 */
export function usePulseNow(): number {
  const now = useNow();
  const lostAt = useLostAt();
  return lostAt === null ? now : lostAt + serverNow() - Date.now();
}
