import { IDLE_STOP } from "@/lib/view-models/exits";

/** A stop's price with the warning that the liquidation comes before it. */
export function IdleStop({ text }: { text: string }) {
  return (
    <span className="inline-flex flex-col items-end py-1 leading-4" title={IDLE_STOP}>
      <span>{text}</span>
      <span className="font-semibold text-warn">beyond liquidation</span>
    </span>
  );
}
