"use client";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { useShare } from "@/api/queries/use-shares";
import { chartButton, useCommandAction } from "@/lib/prefs/use-command-action";
import { type Command, commandsOf, findCommands } from "@/lib/view-models/commands";
import { hueColor } from "@/lib/view-models/hue";
import { isShared, SCREENS } from "@/lib/view-models/screens";
import { sortBots } from "@/lib/view-models/sort";
import { Dialog } from "@/ui/dialog";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

/** Type a few letters, go there. */
export function PaletteDialog({ open, onOpenChange }: Props) {
  const close = () => onOpenChange(false);
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Go to, or do"
      titleHidden
      className="fixed top-[12vh] left-1/2 flex max-h-[70dvh] w-[34rem] max-w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-col border border-line-strong"
    >
      <Choices onDone={close} />
    </Dialog>
  );
}

function Choices({ onDone }: { onDone: () => void }) {
  const { bots, hues } = useFleet();
  const act = useCommandAction();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const share = useShare();
  const commands = useMemo(() => {
    const all = commandsOf(sortBots(bots, "return"));
    const drawn = chartButton() ? all : all.filter((one) => one.id !== "picture");
    return share ? drawn.filter((one) => !isClosed(one.id, share.bot)) : drawn;
  }, [bots, share]);
  const found = useMemo(() => findCommands(commands, typed), [commands, typed]);
  const list = useRef<HTMLDivElement>(null);
  const chosen = found[Math.min(at, found.length - 1)];

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const run = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    act(command.action);
  };
  const press = (event: KeyboardEvent) => {
    const last = found.length - 1;
    const next = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1 };
    if (event.key === "Enter") run(chosen);
    else if (event.key in next) setAt(next[event.key as keyof typeof next]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        // biome-ignore lint/a11y/noAutofocus: opening the palette is asking to type
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen ? `palette-${chosen.id}` : undefined}
        aria-label="Go to a screen, bot or coin, or change the page"
        placeholder="Screen, bot, coin, …"
        value={typed}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
        className="h-11 w-full shrink-0 border-b bg-transparent px-3 text-lg placeholder:text-faint focus:outline-none"
      />
      <div
        ref={list}
        id="palette-list"
        role="listbox"
        aria-label="Commands"
        className="overflow-y-auto py-1"
      >
        {found.map((command, index) => (
          <Choice
            key={command.id}
            command={command}
            selected={command === chosen}
            hue={command.group === "Bots" ? hues[command.id.slice(4)] : undefined}
            onPoint={() => setAt(index)}
            onRun={() => run(command)}
          />
        ))}
      </div>
      {found.length === 0 && <p className="px-3 pb-3 text-muted">Nothing is called that.</p>}
    </>
  );
}

/** True for a screen that a share link does not show. */
function isClosed(id: string, bot: string | null): boolean {
  return SCREENS.some(({ name }) => id === `screen-${name}` && !isShared(name, bot));
}

type ChoiceProps = {
  command: Command;
  selected: boolean;
  hue: number | undefined;
  onPoint: () => void;
  onRun: () => void;
};

function Choice({ command, selected, hue, onPoint, onRun }: ChoiceProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's, which keeps the focus
    <div
      id={`palette-${command.id}`}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      onClick={onRun}
      onPointerMove={onPoint}
      className="flex h-8 cursor-pointer items-center gap-2 px-3 aria-selected:bg-raised aria-selected:shadow-[inset_2px_0_0_var(--accent)]"
    >
      {command.group === "Bots" && (
        <span
          aria-hidden
          className="size-2 shrink-0 rounded-[2px]"
          style={{ background: hueColor(hue) }}
        />
      )}
      <span className="truncate">{command.text}</span>
      {command.hint && <span className="truncate text-faint text-sm">{command.hint}</span>}
      <span className="label ml-auto">{command.group}</span>
    </div>
  );
}
