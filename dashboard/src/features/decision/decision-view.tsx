"use client";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { useOutcome } from "@/api/queries/use-outcome";
import { useShare } from "@/api/queries/use-shares";
import { useTrade } from "@/api/queries/use-trade";
import type { DecisionDetail } from "@/api/types";
import { DECISION_VIEWS, useDecisionView } from "@/lib/prefs/use-decision-view";
import { stagesOf } from "@/lib/view-models/chain";
import { stepsOf } from "@/lib/view-models/steps";
import { CopyButton } from "@/ui/copy-button";
import { DownloadLink } from "@/ui/download-link";
import { LongText } from "@/ui/long-text";
import { SetText } from "@/ui/set-text";
import { DecisionDiff } from "./decision-diff";
import { DecisionFormatted, DecisionReasoning, Prompts } from "./decision-formatted";
import { DecisionNext, NextPlace } from "./decision-next";
import { DecisionReasons } from "./decision-reasons";
import { StageGrid } from "./stage-grid";
import { Timeline } from "./timeline";

const WORDS = { formatted: "Formatted", raw: "Raw", json: "JSON", diff: "Diff" } as const;

/** A decision in full: what was done and why, its chain, what happened next, every text behind it. */
export function DecisionView({ detail }: { detail: DecisionDetail }) {
  const next = useOutcome(detail.id);
  const outcome = next.data;
  const closes = detail.signal === "close" ? (detail.execution?.position_id ?? null) : null;
  const ended = useTrade(detail.bot_id, closes).data?.position;
  return (
    <>
      <StageGrid stages={stagesOf(detail)} />
      <div className="@container">
        <div className="@min-[46rem]:grid @min-[46rem]:grid-cols-[minmax(0,1fr)_17rem] @min-[46rem]:grid-rows-[auto_1fr]">
          <div className="flex min-w-0 flex-col">
            <DecisionReasoning detail={detail} />
            <DecisionReasons detail={detail} />
          </div>
          <div className="border-t @min-[46rem]:col-start-2 @min-[46rem]:row-span-2 @min-[46rem]:row-start-1 @min-[46rem]:border-t-0 @min-[46rem]:border-l">
            <Timeline steps={stepsOf(detail, outcome, ended)} />
          </div>
          <div className="min-w-0 border-t">
            {outcome && <DecisionNext detail={detail} outcome={outcome} />}
            {next.isPending && next.failureCount === 0 && <NextPlace />}
            <Views detail={detail} />
          </div>
        </div>
      </div>
    </>
  );
}

/** The texts behind it: as they read, as they came, as a record, and against the one before. */
function Views({ detail }: { detail: DecisionDetail }) {
  const [view, setView] = useDecisionView();
  const share = useShare();
  const views = share && !share.prompts ? DECISION_VIEWS.slice(0, 1) : DECISION_VIEWS;
  return (
    <Tabs.Root
      value={views.includes(view) ? view : "formatted"}
      onValueChange={(next) => setView(DECISION_VIEWS.find((one) => one === next) ?? null)}
    >
      <Tabs.List aria-label="View" className="flex gap-1 border-b px-3">
        {views.map((value) => (
          <Tabs.Trigger
            key={value}
            value={value}
            className="-mb-px h-8 border-transparent border-b px-2 text-faint text-sm hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {WORDS[value]}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <TabBody value="formatted">
        <DecisionFormatted detail={detail} />
      </TabBody>
      <TabBody value="raw">
        <Texts detail={detail} />
      </TabBody>
      <TabBody value="json">
        <Json detail={detail} />
      </TabBody>
      <TabBody value="diff">
        <DecisionDiff detail={detail} />
      </TabBody>
    </Tabs.Root>
  );
}

function TabBody({ value, children }: { value: string; children: ReactNode }) {
  return (
    <Tabs.Content value={value} tabIndex={-1}>
      {children}
    </Tabs.Content>
  );
}

function Texts({ detail }: { detail: DecisionDetail }) {
  const { id, texts } = detail;
  const answer = texts.raw_response ?? 0;
  return (
    <>
      <LongText id={id} field="raw_response" title="Raw answer" length={answer} startOpen />
      <Prompts detail={detail} />
    </>
  );
}

function Json({ detail }: { detail: DecisionDetail }) {
  const text = JSON.stringify(detail.payload, null, 2);
  return (
    <div className="flex flex-col items-start gap-2 p-3">
      <SetText label="Record as JSON" text={text} className="max-h-[32rem] w-full" />
      <span className="flex gap-2">
        <CopyButton text={text} label="Copy JSON" />
        <DownloadLink
          href={`/api/llm-bot/decision?id=${encodeURIComponent(detail.id)}`}
          name={`${detail.id}.json`}
        />
      </span>
    </div>
  );
}
