"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { MouseEvent } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { useShare } from "@/api/queries/use-shares";
import { useDeed } from "@/lib/prefs/use-deed";
import { commandsOf, type Deed } from "@/lib/view-models/commands";
import { isShared, SCREENS, screenAt } from "@/lib/view-models/screens";
import { sortBots } from "@/lib/view-models/sort";

type Props = { className?: string; itemClassName?: string; onGone?: () => void };

/** The way to every screen. Bot goes to the one that leads, Trade and Decision to the newest. */
export function MainNav({ className = "", itemClassName = "", onGone }: Props) {
  const here = screenAt(usePathname());
  const { bots } = useFleet();
  const act = useDeed();
  const share = useShare();
  const commands = commandsOf(sortBots(bots, "return"));
  const follow = (event: MouseEvent, deed: Deed | undefined) => {
    onGone?.();
    // A new tab or window takes the plain address.
    if (!deed || "go" in deed || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    act(deed);
  };
  return (
    <nav aria-label="Screens" className={className}>
      {SCREENS.filter((screen) => !share || isShared(screen.name, share.bot)).map(
        ({ name, path }) => {
          const deed = commands.find((one) => one.id === `screen-${name}`)?.deed;
          return (
            <Link
              key={name}
              href={deed && "go" in deed ? deed.go : path}
              prefetch={false}
              aria-current={here === name ? "page" : undefined}
              onClick={(event) => follow(event, deed)}
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
