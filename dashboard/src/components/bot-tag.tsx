import type { BotRow } from "@/api/types";
import { botName } from "@/shape/bots";
import { hueColor } from "@/shape/hue";

/** A bot's hue and name, the same on every screen. */
export function BotTag(props: { bot: Pick<BotRow, "id" | "name">; hue: number | undefined }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <span
        aria-hidden
        className="size-2 shrink-0 rounded-[2px]"
        style={{ background: hueColor(props.hue) }}
      />
      <span className="truncate" title={botName(props.bot)}>
        {botName(props.bot)}
      </span>
    </span>
  );
}
