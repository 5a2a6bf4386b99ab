import { serverNow } from "@/api/clock";
import { usePrefs } from "@/lib/prefs/use-prefs";
import { fileName, type Picture, pictureOf, type Shot, savePicture, spanText } from "./picture";

/** Saves what a chart shows as a PNG, with its title, span, zone and legend. */
export function usePicture(shoot: () => Shot | undefined, told: () => Picture): () => void {
  const { zone } = usePrefs();
  return () => {
    const shot = shoot();
    if (!shot) return;
    const { title, notes, keys } = told();
    const now = serverNow();
    const whole = { title, notes: [...notes, spanText(shot, zone, now)], keys };
    savePicture(pictureOf(shot, whole), fileName(title, now));
  };
}
