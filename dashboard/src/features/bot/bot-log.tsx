"use client";
import { useBotLog } from "@/api/queries/use-bot-log";
import type { BotRow, LogLine } from "@/api/types";
import { useBotView } from "@/lib/prefs/use-bot-view";
import { LOG_LEVELS, missingText, shownLines } from "@/lib/view-models/log";
import { CopyButton } from "@/ui/copy-button";
import { Moment } from "@/ui/moment";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";

const TURN_ON = "MOTHERHAVEN_SHIP_LOG=info";

/** The last lines of the bot's log, newest first, if it ships them. */
export function BotLog({ bot }: { bot: BotRow }) {
  const [{ level, words }, setView] = useBotView();
  const query = useBotLog(bot.id);
  const all = query.data?.lines ?? [];
  const lines = shownLines(all, level, words);
  return (
    <Panel
      title="Log"
      query={query}
      skeleton={<SkeletonRows rows={10} />}
      isEmpty={all.length === 0}
      empty={<HowToTurnItOn />}
      partial={all.length > 0 && query.data && missingText(query.data, lines.length)}
      actions={
        all.length > 0 && (
          <>
            <input
              type="search"
              aria-label="Find lines"
              placeholder="find …"
              value={words}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setView({ words: event.target.value }, { history: "replace" })}
              className="h-6 w-24 rounded-sm border bg-transparent px-2 text-sm placeholder:text-faint"
            />
            <Segmented
              label="Levels shown"
              value={level}
              options={LOG_LEVELS.map((value) => ({ value, text: value }))}
              onChange={(next) => setView({ level: next })}
            />
          </>
        )
      }
    >
      {lines.length === 0 ? (
        <p className="p-3 text-muted">No line of this level holds these words.</p>
      ) : (
        <ol aria-label="Log lines" className="divide-y">
          {lines.map((line) => (
            <Line key={line.n} line={line} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

const TONES: Record<LogLine["level"], string> = {
  DEBUG: "text-faint",
  INFO: "text-muted",
  WARNING: "text-warn",
  ERROR: "text-loss",
  CRITICAL: "text-loss font-semibold",
};

function Line({ line }: { line: LogLine }) {
  return (
    <li className="grid grid-cols-[auto_4.5rem_minmax(0,1fr)] gap-x-2 px-3 py-1 text-sm">
      <Moment at={line.time} seconds className="text-faint" />
      <span className={`text-xs leading-5 ${TONES[line.level]}`}>{line.level.toLowerCase()}</span>
      <span className="whitespace-pre-wrap font-mono text-xs leading-5 [overflow-wrap:anywhere]">
        {line.text}
      </span>
    </li>
  );
}

function HowToTurnItOn() {
  return (
    <div className="flex flex-col items-start gap-2 p-3">
      <p className="text-muted">
        This bot ships no log. To see its last lines here, put this into the bot&apos;s .env (or{" "}
        <code className="font-mono">warning</code> for warnings and errors alone) and restart it.
        Keys are blacked out; lines that cannot be sent in time are dropped, records never are.
      </p>
      <code className="w-full rounded-sm border bg-bg p-2 font-mono text-muted text-xs">
        {TURN_ON}
      </code>
      <CopyButton text={TURN_ON} label="Copy" />
    </div>
  );
}
