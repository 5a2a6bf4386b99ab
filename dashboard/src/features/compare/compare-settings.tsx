"use client";
import type { Comparison } from "@/api/types";
import { SETTINGS_SHOWN, useCompareView } from "@/lib/prefs/use-compare-view";
import { type ConfigRow, configRows } from "@/lib/view-models/compare";
import { count } from "@/lib/view-models/format-number";
import { DataTable } from "@/ui/data-table";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";
import { TagLinks } from "@/ui/tag-links";
import { useBotColumns } from "./compare-columns";

export type PartProps = {
  ids: readonly string[];
  query: Parameters<typeof Panel>[0]["query"];
  comparison: Comparison | undefined;
};

/** How the bots are set up, what differs first. */
export function CompareSettings({ ids, query, comparison }: PartProps) {
  const [{ settings }, setView] = useCompareView();
  const all = comparison ? configRows(comparison) : [];
  const rows = settings === "all" ? all : all.filter((row) => row.differs);
  const columns = useBotColumns<ConfigRow>(ids, {
    head: "setting",
    name: (row) => (
      <span className={`whitespace-nowrap font-mono text-sm ${row.differs ? "" : "text-faint"}`}>
        {row.name}
      </span>
    ),
    cell: (row, id) => (
      <span className={`whitespace-normal break-words ${row.differs ? "" : "text-faint"}`}>
        {row.name === "tags" && row.values[id] ? (
          <TagLinks tags={row.values[id].split(", ")} />
        ) : (
          (row.values[id] ?? "—")
        )}
      </span>
    ),
  });
  return (
    <Panel
      title="Settings"
      query={query}
      className="border-t"
      skeleton={<SkeletonRows rows={6} />}
      isEmpty={rows.length === 0}
      empty={
        <p className="p-3 text-muted">
          {all.length === 0
            ? "The settings of these bots are unknown."
            : "They are set up alike in all that they told."}
        </p>
      }
      partial={
        all.length > rows.length &&
        `showing ${count(rows.length)} of ${count(all.length)}: those that differ`
      }
      actions={
        <Segmented
          label="Settings shown"
          value={settings}
          options={SETTINGS_SHOWN.map((value) => ({ value, text: value }))}
          onChange={(next) => setView({ settings: next })}
        />
      }
    >
      <DataTable label="Settings" columns={columns} rows={rows} rowKey={(row) => row.name} />
    </Panel>
  );
}
