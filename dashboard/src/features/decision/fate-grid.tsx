import type { Fate, Fates } from "@/lib/view-models/chain";
import { definitionOf } from "@/lib/view-models/definitions";
import { TONES, ToneMark } from "@/ui/fate-line";

/** What the model asked beside what was allowed and what was executed. */
export function FateGrid({ fates }: { fates: Fates }) {
  return (
    <dl className="grid grid-cols-3 divide-x border-b">
      <Cell name="asked" fate={fates.asked} />
      <Cell name="allowed" fate={fates.allowed} />
      <Cell name="executed" fate={fates.executed} />
    </dl>
  );
}

function Cell({ name, fate }: { name: string; fate: Fate }) {
  return (
    <div className="min-w-0 px-3 py-2 max-sm:px-2">
      <dt className="label" title={definitionOf(name)}>
        {name}
      </dt>
      <dd>
        <span className={`font-medium ${fate.tone === "good" ? "text-text" : TONES[fate.tone]}`}>
          {fate.word}
          <ToneMark tone={fate.tone} />
        </span>
        {fate.figure && (
          <span className="num max-sm:whitespace-normal! ml-2 max-sm:ml-0 max-sm:block">
            {fate.figure}
          </span>
        )}
        {fate.at && (
          <span className="num ml-2 text-muted max-sm:ml-0 max-sm:block">@ {fate.at}</span>
        )}
        {fate.why && <p className="break-words text-muted text-sm">{fate.why}</p>}
      </dd>
    </div>
  );
}
