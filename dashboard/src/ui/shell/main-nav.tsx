"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { MouseEvent } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { useShare } from "@/api/queries/use-shares";
import { useCommandAction } from "@/lib/prefs/use-command-action";
import { type CommandAction, commandsOf } from "@/lib/view-models/commands";
import { isShared, SCREENS, screenAt } from "@/lib/view-models/screens";
import { sortBots } from "@/lib/view-models/sort";

type Props = { className?: string; itemClassName?: string; onGone?: () => void };

/** The way to every screen. Bot goes to the one that leads, Trade and Decision to the newest. */
export function MainNav({ className = "", itemClassName = "", onGone }: Props) {
  const here = screenAt(usePathname());
  const { bots } = useFleet();
  const act = useCommandAction();
  const share = useShare();
  const commands = commandsOf(sortBots(bots, "return"));
  const follow = (event: MouseEvent, action: CommandAction | undefined) => {
    onGone?.();
    // A new tab or window takes the plain address.
    if (!action || "go" in action || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    act(action);
  };
  return (
    <nav aria-label="Screens" className={className}>
      {SCREENS.filter((screen) => !share || isShared(screen.name, share.bot)).map(
        ({ name, path }) => {
          const action = commands.find((one) => one.id === `screen-${name}`)?.action;
          return (
            <Link
              key={name}
              href={action && "go" in action ? action.go : path}
              prefetch={false}
              aria-current={here === name ? "page" : undefined}
              onClick={(event) => follow(event, action)}
              className={`target inline-flex items-center rounded-sm px-2 text-muted text-sm hover:bg-raised hover:text-text aria-[current=page]:text-text aria-[current=page]:underline aria-[current=page]:decoration-accent aria-[current=page]:underline-offset-4 ${itemClassName}`}
            >
              {name}
            </Link>
          );
        },
      )}
    </nav>
  );
}
