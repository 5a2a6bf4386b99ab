"use client";
import { TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { useComparison } from "@/api/queries/use-comparison";
import { useFleet } from "@/api/queries/use-fleet";
import { useCompareView } from "@/lib/prefs/use-compare-view";
import { RANGES } from "@/lib/prefs/use-view";
import { chosenOf, leftOut, toggled } from "@/lib/view-models/compare";
import { EmptyState } from "@/ui/empty-state";
import { PageHead } from "@/ui/page-head";
import { Panel, SkeletonRows } from "@/ui/panel";
import { Segmented } from "@/ui/segmented";
import { Shell } from "@/ui/shell/shell";
import { CompareAgreement } from "./compare-agreement";
import { CompareCalibration } from "./compare-calibration";
import { CompareCoins } from "./compare-coins";
import { CompareEquity } from "./compare-equity";
import { CompareFigures } from "./compare-figures";
import { ComparePicker } from "./compare-picker";
import { CompareSettings } from "./compare-settings";
import { CompareShadow } from "./compare-shadow";

/** Bots side by side: from the same start, in figures, settings, coins and decisions. */
export function CompareScreen() {
  const [{ ids: asked, range }, setView] = useCompareView();
  const { query: fleet, bots } = useFleet();
  const ids = useMemo(() => chosenOf(asked, bots), [asked, bots]);
  const query = useComparison(ids, range);
  const left = fleet.data ? leftOut(asked, bots) : null;
  const props = { ids, query, comparison: query.data };
  return (
    <Shell>
      <PageHead title="Compare">
        <ComparePicker
          chosen={ids}
          onToggle={(id) => setView({ ids: toggled(ids, id) })}
          onPick={(next) => setView({ ids: next })}
        />
        <Segmented
          label="Range"
          value={range}
          options={RANGES.map((value) => ({ value, text: value }))}
          onChange={(next) => setView({ range: next })}
        />
      </PageHead>
      {ids.length < 2 ? (
        <Panel
          title="Bots"
          query={fleet}
          skeleton={<SkeletonRows rows={6} />}
          isEmpty={bots.length < 2}
          empty={
            <EmptyState
              kind="status"
              text="A comparison takes two bots. The heartbeat of another one puts it here."
            />
          }
        >
          <p className="p-3 text-muted">Choose another bot above to compare it with.</p>
        </Panel>
      ) : (
        <>
          <Warnings texts={[...(left ? [left] : []), ...(query.data?.warnings ?? [])]} />
          <CompareEquity
            ids={ids}
            range={range}
            comparison={query.data}
            ready={query.data !== undefined || query.isError}
          />
          <CompareFigures {...props} />
          <CompareShadow {...props} />
          <div className="grid lg:grid-cols-2">
            <div className="min-w-0 lg:border-r">
              <CompareSettings {...props} />
              <CompareCalibration {...props} />
            </div>
            <div className="min-w-0">
              <CompareCoins {...props} />
              <CompareAgreement {...props} />
            </div>
          </div>
        </>
      )}
    </Shell>
  );
}

/** Warnings shown at once; more of them would push the chart off the screen. */
const SHOWN = 2;

/** Why figures may not be comparable: other windows, capital or kinds of money. */
function Warnings({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return null;
  const rest = texts.length > SHOWN + 1 ? texts.slice(SHOWN) : [];
  const shown = rest.length > 0 ? texts.slice(0, SHOWN) : texts;
  return (
    <section aria-label="Warnings" className="border-b">
      <WarningRows texts={shown} />
      {rest.length > 0 && (
        <details className="border-t">
          <summary className="target cursor-pointer px-3 py-1.5 text-sm text-warn">
            {rest.length} more warnings
          </summary>
          <WarningRows texts={rest} />
        </details>
      )}
    </section>
  );
}

function WarningRows({ texts }: { texts: readonly string[] }) {
  return (
    <ul className="divide-y">
      {texts.map((text) => (
        <li key={text} className="flex items-start gap-2 px-3 py-1.5 text-sm text-warn">
          <TriangleAlert size={14} aria-hidden className="mt-px shrink-0" />
          {text}
        </li>
      ))}
    </ul>
  );
}
