import type { BotRow } from "@/api/types";
import { botName } from "@/lib/view-models/bots";
import { LookMark } from "./look-mark";
import { ShortName } from "./short-name";

type Named = Pick<BotRow, "id" | "name"> & Partial<Pick<BotRow, "ambiguous" | "unavailable">>;

/** A bot's hue and name, the same on every screen, and that its figures cannot be worked out. */
export function BotTag(props: { bot: Named; hue: number | undefined }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <LookMark look={props.hue} />
      <ShortName text={botName(props.bot)} />
      {props.bot.unavailable && (
        <span className="shrink-0 text-loss text-sm" title={props.bot.unavailable}>
          figures unavailable
        </span>
      )}
    </span>
  );
}
