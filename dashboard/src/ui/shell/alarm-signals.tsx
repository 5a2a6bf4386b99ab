"use client";
import { useEffect, useRef } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { useAcknowledged } from "@/lib/prefs/use-acknowledged";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { alertsOf } from "@/lib/view-models/alerts";
import { botName } from "@/lib/view-models/bots";
import { newAlerts } from "@/lib/view-models/new-alerts";
import { botHref } from "@/lib/view-models/screens";
import { beep } from "./beep";

/** Tells of new alerts outside the page, where this browser's settings say so. */
export function AlarmSignals() {
  const { bots } = useFleet();
  const now = usePulseNow();
  const acknowledged = useAcknowledged();
  const { notify, sound } = usePrefs();
  const known = useRef<ReadonlySet<string> | null>(null);

  useEffect(() => {
    if (now === 0 || bots.length === 0) return;
    const alerts = alertsOf(bots, now);
    const fresh = newAlerts(known.current, alerts, acknowledged);
    known.current = new Set(alerts.map((alert) => alert.key));
    if (fresh.length === 0) return;
    if (sound === "on") beep(fresh.some((alert) => alert.level === "danger"));
    if (notify !== "on" || !("Notification" in window) || Notification.permission !== "granted")
      return;
    for (const alert of fresh) {
      // The same tag in several tabs is one notification.
      const told = new Notification(`Motherhaven: ${botName(alert.bot)}`, {
        body: alert.text,
        tag: alert.key,
      });
      told.onclick = () => {
        window.focus();
        window.location.assign(botHref(alert.bot.id));
      };
    }
  }, [bots, now, acknowledged, notify, sound]);
  return null;
}
