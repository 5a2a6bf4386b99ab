import type { Stage, Stages } from "@/lib/view-models/chain";
import { definitionOf } from "@/lib/view-models/definitions";
import { TONES, ToneMark } from "@/ui/stage-line";

/** What the model asked beside what was allowed and what was executed. */
export function StageGrid({ stages }: { stages: Stages }) {
  return (
    <dl className="grid grid-cols-3 divide-x border-b">
      <Cell name="asked" stage={stages.asked} />
      <Cell name="allowed" stage={stages.allowed} />
      <Cell name="executed" stage={stages.executed} />
    </dl>
  );
}

function Cell({ name, stage }: { name: string; stage: Stage }) {
  return (
    <div className="min-w-0 px-3 py-2 max-sm:px-2">
      <dt className="label" title={definitionOf(name)}>
        {name}
      </dt>
      <dd>
        <span className={`font-medium ${stage.tone === "good" ? "text-text" : TONES[stage.tone]}`}>
          {stage.word}
          <ToneMark tone={stage.tone} />
        </span>
        {stage.figure && (
          <span className="num max-sm:whitespace-normal! ml-2 max-sm:ml-0 max-sm:block">
            {stage.figure}
          </span>
        )}
        {stage.at && (
          <span className="num ml-2 text-muted max-sm:ml-0 max-sm:block">@ {stage.at}</span>
        )}
        {stage.why && <p className="break-words text-muted text-sm">{stage.why}</p>}
      </dd>
    </div>
  );
}
