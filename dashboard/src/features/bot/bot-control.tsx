"use client";
import { Check, Circle } from "lucide-react";
import { memo } from "react";
import { useCommands } from "@/api/queries/use-commands";
import { useTrades } from "@/api/queries/use-trades";
import type { BotRow, CommandName, CommandRow } from "@/api/types";
import { useNow } from "@/lib/prefs/use-now";
import {
  closingText,
  commandedAndObserved,
  DOES,
  guidanceOf,
  isOver,
  latchesOf,
  nameOf,
  saysOf,
  ticksOf,
} from "@/lib/view-models/command-view";
import { definitionOf } from "@/lib/view-models/definitions";
import { age } from "@/lib/view-models/format-time";
import { rowsOf } from "@/lib/view-models/merge";
import { Age } from "@/ui/age";
import { HoldButton } from "@/ui/control/hold-button";
import { useControl } from "@/ui/control/use-control";
import { Moment } from "@/ui/moment";
import { Panel, SkeletonRows } from "@/ui/panel";
import { BotGuidance } from "./bot-guidance";

const SHOWN = 8;
const PLAIN: readonly CommandName[] = ["no_entries", "cancel_entries", "snapshot", "ask_again"];

/** Commands to this bot: what was asked, how far each is, and what the bot itself says it does. */
export const BotControl = memo(function BotControl({ bot }: { bot: BotRow }) {
  const query = useCommands(bot.id);
  const commands = query.data?.commands ?? [];
  return (
    <div id="control">
      <Panel
        title="Control"
        className="border-t"
        query={query}
        skeleton={<SkeletonRows rows={2} />}
      >
        <Beside bot={bot} commands={commands} />
        <Buttons bot={bot} commands={commands} />
        {commands.length === 0 ? (
          <p className="p-3 text-muted">No command was given yet.</p>
        ) : (
          <ul aria-label="Commands" className="divide-y border-t">
            {commands.slice(0, SHOWN).map((command) => (
              <CommandItem key={command.id} command={command} bot={bot} />
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
});

type Told = { bot: BotRow; commands: readonly CommandRow[] };

function Beside({ bot, commands }: Told) {
  const { commanded, observed, agree } = commandedAndObserved(bot, commands);
  const [latch] = latchesOf(bot);
  const guided = guidanceOf(commands, useNow());
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 px-3 py-2">
      <div>
        <dt className="label" title={definitionOf("commanded")}>
          commanded
        </dt>
        <dd>{commanded}</dd>
      </div>
      <div>
        <dt className="label" title={definitionOf("observed")}>
          observed
        </dt>
        <dd className={agree ? "" : "text-warn"}>
          {observed}
          {latch && (
            <span className="text-muted">
              {latch.by ? ` by ${latch.by}` : ""} {latch.at && <Age at={latch.at} />}
            </span>
          )}
          {!agree && " (not verified yet)"}
        </dd>
      </div>
      <div>
        <dt className="label" title={definitionOf("last seen")}>
          last seen
        </dt>
        <dd>
          <Age at={bot.last_seen} />
        </dd>
      </div>
      {guided && (
        <div className="w-full min-w-0">
          <dt className="label" title={DOES.guidance}>
            guidance that the bot has taken
          </dt>
          <dd dir="auto" className="break-words">
            <span>“{guided.text}”</span>{" "}
            <span className="text-muted">
              {guided.until ? (
                <>
                  until <Moment at={guided.until} />
                </>
              ) : (
                "until it is cleared"
              )}
            </span>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Buttons({ bot, commands }: Told) {
  const { may, give, busy, problem, dialog } = useControl(bot.id);
  const open = rowsOf(useTrades("open", bot.id).data);
  const guided = guidanceOf(commands, useNow());
  const lifts = latchesOf(bot).find((one) => one.name === "no_entries" && one.command);
  if (!may) {
    return (
      <p className="px-3 pb-2 text-muted text-sm">
        This browser may read only. Sign in with a key that has the scopes read and control to give
        commands.
      </p>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-2 px-3 pb-2">
      {PLAIN.map((name) => (
        <button
          key={name}
          type="button"
          disabled={busy}
          title={DOES[name]}
          onClick={() => give({ name, args: {} })}
          className="target rounded-sm border px-2 text-sm hover:bg-raised disabled:opacity-50"
        >
          {nameOf(name)}
        </button>
      ))}
      {lifts && (
        <button
          type="button"
          disabled={busy}
          title={DOES.resume}
          onClick={() => give({ name: "resume", args: { latch: lifts.command ?? "" } })}
          className="target rounded-sm border px-2 text-sm hover:bg-raised disabled:opacity-50"
        >
          resume
        </button>
      )}
      <HoldButton
        label="Flatten"
        says={closingText(open)}
        disabled={busy}
        onHeld={() => give({ name: "flatten", args: {} })}
      />
      <HoldButton
        label="Halt"
        says={DOES.halt}
        disabled={busy}
        onHeld={() => give({ name: "halt", args: {} })}
      />
      <p className="w-full text-muted text-sm">Flatten: {closingText(open)}</p>
      <BotGuidance
        disabled={busy}
        guided={guided !== null}
        onGive={(args) => give({ name: "guidance", args })}
      />
      {problem && (
        <p role="alert" className="w-full text-loss text-sm">
          {problem}
        </p>
      )}
      {dialog}
    </div>
  );
}

function CommandItem({ command, bot }: { command: CommandRow; bot: BotRow }) {
  const now = useNow();
  const says = saysOf(command, bot, now);
  const bad = ["refused", "failed", "expired"].includes(command.state);
  const args = Object.entries(command.args ?? {})
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(", ");
  return (
    <li className="px-3 py-1.5" data-command={command.id} data-state={command.state}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{nameOf(command.name)}</span>
        {args && <span className="min-w-0 truncate text-muted text-sm">{args}</span>}
        <ol className="flex flex-wrap gap-x-3" aria-label={`${nameOf(command.name)}: steps`}>
          {ticksOf(command).map((tick) => (
            <li
              key={tick.name}
              className={`inline-flex items-center gap-1 text-sm ${tick.done ? "" : "text-faint"}`}
            >
              {tick.done ? (
                <Check size={12} aria-label="done" className="text-gain" />
              ) : (
                <Circle size={9} aria-label="not told" />
              )}
              {tick.name}
              {tick.at && <span className="num text-faint">{age(now - Date.parse(tick.at))}</span>}
            </li>
          ))}
        </ol>
        {isOver(command) && command.state !== "verified" && (
          <span className={bad ? "text-loss text-sm" : "text-muted text-sm"}>{command.state}</span>
        )}
        <span className="label ml-auto max-w-full truncate">{command.by ?? ""}</span>
      </div>
      {says && <p className={`break-words text-sm ${bad ? "text-loss" : "text-muted"}`}>{says}</p>}
      {command.asked_because && (
        <p className="break-words text-faint text-sm">“{command.asked_because}”</p>
      )}
    </li>
  );
}
