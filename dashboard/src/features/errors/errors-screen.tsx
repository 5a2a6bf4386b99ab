"use client";
import { useErrorGroups } from "@/api/queries/use-error-groups";
import { useFleet } from "@/api/queries/use-fleet";
import { useErrorView } from "@/lib/prefs/use-error-view";
import { botName } from "@/lib/view-models/bots";
import { countText, ERROR_KINDS, KIND_WORDS, SINCE } from "@/lib/view-models/error-groups";
import { ExportLinks } from "@/ui/export-links";
import { PageHead } from "@/ui/page-head";
import { Panel, SkeletonRows } from "@/ui/panel";
import { PickOne } from "@/ui/pick-one";
import { Segmented } from "@/ui/segmented";
import { Shell } from "@/ui/shell/shell";
import { ErrorList } from "./error-list";

/** Everything that went wrong, one row for each cause, with what to do about it. */
export function ErrorsScreen() {
  const [{ kind, bot, since, open }, setView] = useErrorView();
  const { bots } = useFleet();
  const query = useErrorGroups({ kind, bot, since });
  const rows = query.data?.items ?? [];
  const filtered = kind !== null || bot !== null || since !== "all";
  return (
    <Shell>
      <PageHead title="Errors">
        <Segmented
          label="Kind"
          value={kind ?? "all"}
          options={[
            { value: "all" as const, text: "all" },
            ...ERROR_KINDS.map((value) => ({
              value,
              text: KIND_WORDS[value].word,
              title: KIND_WORDS[value].covers,
            })),
          ]}
          onChange={(next) => setView({ kind: next === "all" ? null : next })}
        />
        <PickOne
          label="Bot"
          value={bot ?? ""}
          options={[
            { value: "", text: "every bot" },
            ...bots.map((one) => ({ value: one.id, text: botName(one) })),
          ]}
          onChange={(next) => setView({ bot: next === "" ? null : next })}
        />
        <Segmented
          label="Since"
          value={since}
          options={SINCE.map((value) => ({ value, text: value }))}
          onChange={(next) => setView({ since: next })}
        />
      </PageHead>
      <Panel
        title="By cause"
        query={query}
        bodyClassName={query.isPlaceholderData ? "opacity-60" : ""}
        skeleton={<SkeletonRows rows={6} height={64} />}
        isEmpty={rows.length === 0}
        empty={
          <div className="flex flex-col items-start gap-2 p-3">
            <p className="text-muted">
              {filtered ? "Nothing went wrong that fits these filters." : "Nothing has gone wrong."}
            </p>
            {filtered && (
              <button
                type="button"
                className="target text-accent hover:underline"
                onClick={() => setView({ kind: null, bot: null, since: "all" })}
              >
                Show all errors ever
              </button>
            )}
          </div>
        }
        partial={
          rows.length > 0 && (
            <span className="flex items-center justify-between gap-3">
              {query.data && countText(query.data)}
              <ExportLinks what="errors" bot={bot} />
            </span>
          )
        }
      >
        <ErrorList
          groups={rows}
          open={open}
          onOpen={(fingerprint) => setView({ open: fingerprint })}
        />
      </Panel>
    </Shell>
  );
}
