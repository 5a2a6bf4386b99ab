"use client";
import { parseAsString, useQueryState } from "nuqs";
import { useState } from "react";
import { ApiError } from "@/api/error";
import { useFleet } from "@/api/queries/use-fleet";
import { useMakeShare, useRevokeShare, useShares } from "@/api/queries/use-shares";
import type { ShareRow } from "@/api/types";
import { botName } from "@/lib/view-models/bots";
import { CopyButton } from "@/ui/copy-button";
import { Moment } from "@/ui/moment";
import { PickOne } from "@/ui/pick-one";

const DAYS = ["1", "7", "30", "90"] as const;
const BUTTON = "target rounded-sm border px-2 text-sm enabled:hover:bg-raised disabled:opacity-60";

/** Links that show a bot, or all of them, to whoever has no key: made, listed and ended. */
export function ShareSettings() {
  return (
    <>
      <p className="text-muted">
        Whoever has a link sees one bot, or the Arena, and nothing beside: no commands, settings,
        errors, logs or files, and no prompts and answers unless you choose so. Decisions keep their
        short reasons.
      </p>
      <MakeLink />
      <Links />
    </>
  );
}

function MakeLink() {
  const { bots } = useFleet();
  const [bot, setBot] = useQueryState("share", parseAsString.withDefault(""));
  const [days, setDays] = useState<string>("7");
  const [prompts, setPrompts] = useState(false);
  const making = useMakeShare();
  const options = [
    { value: "", text: "every bot" },
    ...bots.map((one) => ({ value: one.id, text: botName(one) })),
  ];
  const made = making.data;
  return (
    <form
      aria-label="A new link"
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate({ bot_id: bot || null, days: Number(days), prompts });
      }}
    >
      <PickOne label="What it shows" value={bot} options={options} onChange={setBot} />
      <PickOne
        label="How long"
        value={days}
        options={DAYS.map((value) => ({ value, text: value === "1" ? "1 day" : `${value} days` }))}
        onChange={setDays}
      />
      <label className="target inline-flex items-center gap-1.5 text-sm">
        <input
          type="checkbox"
          className="size-6"
          checked={prompts}
          onChange={(event) => setPrompts(event.target.checked)}
        />
        with prompts and answers
      </label>
      <button type="submit" disabled={making.isPending} className={BUTTON}>
        Make a link
      </button>
      {making.error && <Problem error={making.error} />}
      {made && <NewLink address={`${window.location.origin}${made.path}`} />}
    </form>
  );
}

function NewLink({ address }: { address: string }) {
  return (
    <div className="flex w-full flex-wrap items-center gap-2">
      <output
        aria-label="The new link"
        className="min-w-0 flex-1 break-all rounded-sm border bg-bg p-2 font-mono text-xs"
      >
        {address}
      </output>
      <CopyButton text={address} label="Copy" />
      <span className="w-full text-muted text-sm">It is shown only now.</span>
    </div>
  );
}

function Links() {
  const query = useShares();
  const shares = query.data?.shares ?? [];
  if (query.error) return <Problem error={query.error} />;
  if (shares.length === 0) return <p className="text-muted">No link was made yet.</p>;
  return (
    <ul aria-label="Links" className="divide-y border-y">
      {shares.map((share) => (
        <Link key={share.id} share={share} />
      ))}
    </ul>
  );
}

function Link({ share }: { share: ShareRow }) {
  const { byId } = useFleet();
  const revoking = useRevokeShare();
  const bot = share.bot_id;
  const name = bot ? botName(byId.get(bot) ?? { id: bot, name: null }) : "every bot";
  return (
    <li className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 py-1">
      <span className="min-w-0 truncate font-medium">{name}</span>
      <span className="text-muted text-sm">
        {share.prompts ? "with" : "without"} prompts · by {share.made_by} ·{" "}
        {share.open ? "until " : "ended, was until "}
        <Moment at={share.expires_at} />
      </span>
      {share.open && (
        <button
          type="button"
          className={`${BUTTON} ml-auto`}
          disabled={revoking.isPending}
          onClick={() => revoking.mutate(share.id)}
        >
          Revoke
        </button>
      )}
      {revoking.error && <Problem error={revoking.error} />}
    </li>
  );
}

function Problem({ error }: { error: Error }) {
  const detail = error instanceof ApiError ? error.detail : null;
  return (
    <p role="alert" className="w-full text-loss text-sm">
      {detail ?? error.message}
    </p>
  );
}
