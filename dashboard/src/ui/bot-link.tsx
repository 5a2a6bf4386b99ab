import Link from "next/link";
import type { BotRow } from "@/api/types";
import { botHref } from "@/lib/view-models/screens";
import { BotTag } from "./bot-tag";

/** A bot's name that leads to its screen. */
export function BotLink(props: { bot: Pick<BotRow, "id" | "name">; hue: number | undefined }) {
  return (
    <Link
      prefetch={false}
      href={botHref(props.bot.id)}
      className="target flex min-w-0 items-center underline-offset-2 hover:text-accent hover:underline"
    >
      <BotTag {...props} />
    </Link>
  );
}
