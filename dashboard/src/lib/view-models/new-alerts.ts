import type { Alert } from "./alerts";

/** Alerts that were not there before; nothing is new to a page that has just been opened. */
export function newAlerts(
  before: ReadonlySet<string> | null,
  now: readonly Alert[],
  acknowledged: readonly string[],
): Alert[] {
  if (before === null) return [];
  return now.filter(
    (alert) =>
      alert.level !== "behind" && !before.has(alert.key) && !acknowledged.includes(alert.key),
  );
}
