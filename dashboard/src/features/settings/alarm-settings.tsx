"use client";
import { useState } from "react";
import { SIGNALS, setPrefs, usePrefs } from "@/lib/prefs/use-prefs";
import { Segmented } from "@/ui/segmented";
import { beep } from "@/ui/shell/beep";

const OPTIONS = SIGNALS.map((value) => ({ value, text: value }));

/** Whether this browser speaks up when a bot is late or gives no sign of life. */
export function AlarmSettings() {
  const { notify, sound } = usePrefs();
  const [refused, setRefused] = useState(false);

  const chooseNotify = async (wanted: Signal) => {
    if (wanted === "off" || !("Notification" in window)) {
      setRefused(wanted === "on");
      setPrefs({ notify: "off" });
      return;
    }
    const granted = (await Notification.requestPermission()) === "granted";
    setRefused(!granted);
    setPrefs({ notify: granted ? "on" : "off" });
  };
  return (
    <>
      <p className="text-muted">
        For as long as a page of Motherhaven is open in this browser. The server’s own alerts reach
        you without one: see <code>MOTHERHAVEN_ALERT_URL</code>.
      </p>
      <dl className="flex flex-col divide-y border-y">
        <Choice
          label="Notifications"
          value={notify}
          onChange={(wanted) => void chooseNotify(wanted)}
        />
        <Choice
          label="Sound"
          value={sound}
          onChange={(wanted) => {
            setPrefs({ sound: wanted });
            if (wanted === "on") beep(false);
          }}
        />
      </dl>
      {refused && (
        <p role="status" className="text-warn">
          The browser does not allow notifications here: allow them for this address in its
          settings, then choose “on” again.
        </p>
      )}
    </>
  );
}

type Signal = (typeof SIGNALS)[number];
type ChoiceProps = { label: string; value: Signal; onChange: (wanted: Signal) => void };

function Choice({ label, value, onChange }: ChoiceProps) {
  return (
    <div className="flex min-h-10 items-center gap-3">
      <dt className="w-28">{label}</dt>
      <dd>
        <Segmented label={label} value={value} options={OPTIONS} onChange={onChange} />
      </dd>
    </div>
  );
}
