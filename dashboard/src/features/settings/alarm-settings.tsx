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

  const chooseNotify = async (wanted: (typeof SIGNALS)[number]) => {
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
        <div className="flex min-h-10 items-center gap-3">
          <dt className="w-28">Notifications</dt>
          <dd>
            <Segmented
              label="Notifications"
              value={notify}
              options={OPTIONS}
              onChange={(wanted) => void chooseNotify(wanted)}
            />
          </dd>
        </div>
        <div className="flex min-h-10 items-center gap-3">
          <dt className="w-28">Sound</dt>
          <dd>
            <Segmented
              label="Sound"
              value={sound}
              options={OPTIONS}
              onChange={(wanted) => {
                setPrefs({ sound: wanted });
                if (wanted === "on") beep(false);
              }}
            />
          </dd>
        </div>
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
