"use client";
import { TriangleAlert } from "lucide-react";
import { useFleet } from "@/api/queries/use-fleet";
import { useAcknowledged } from "@/lib/prefs/use-acknowledged";
import { usePulseNow } from "@/lib/prefs/use-pulse-now";
import { alertsOf, fleetText, headline, unheard } from "@/lib/view-models/alerts";
import { later } from "@/ui/later";
import { TabSigns } from "./tab-signs";

// Only who has alerts loads their list.
const AlertList = later(() => import("./alert-list").then((module) => module.AlertList));

/** One line of one height, whatever happens: the worst that is wrong, and the list of all of it. */
export function AlertBar() {
  const { bots } = useFleet();
  const now = usePulseNow();
  const acknowledged = useAcknowledged();
  const alerts = alertsOf(bots, now);
  const left = unheard(alerts, acknowledged);
  const text = headline(left);
  const loud = left.danger.length > 0;
  const tone = loud ? "bg-loss text-bg font-semibold" : text ? "text-warn" : "text-faint";
  return (
    <div className={`flex h-8 items-center gap-2 border-b px-3 text-sm ${tone}`}>
      <TabSigns alarms={left} />
      {text && <TriangleAlert size={14} aria-hidden className="shrink-0" />}
      <span role={loud ? "alert" : "status"} className="min-w-0 truncate" title={text ?? undefined}>
        {text ?? (now === 0 || bots.length === 0 ? "" : fleetText(bots, alerts))}
      </span>
      {alerts.length > 0 && (
        <AlertList alerts={alerts} acknowledged={acknowledged} rest={fleetText(bots, alerts)} />
      )}
    </div>
  );
}
