"use client";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { DecisionDetail } from "@/api/types";
import { fatesOf, stepsOf } from "@/shape/chain";
import { CopyButton } from "./copy-button";
import { DecisionFormatted } from "./decision-formatted";
import { FateGrid } from "./fate-grid";
import { LongText } from "./long-text";
import { Timeline } from "./timeline";

const TABS = [
  { value: "formatted", text: "Formatted" },
  { value: "raw", text: "Raw" },
  { value: "json", text: "JSON" },
] as const;

/** A decision in full: its chain, the three fates beside one another, and every text behind it. */
export function DecisionView({ detail }: { detail: DecisionDetail }) {
  return (
    <>
      <Timeline steps={stepsOf(detail)} />
      <FateGrid fates={fatesOf(detail)} />
      <Tabs.Root defaultValue="formatted">
        <Tabs.List aria-label="View" className="flex gap-1 border-b px-3">
          {TABS.map((tab) => (
            <Tabs.Trigger
              key={tab.value}
              value={tab.value}
              className="-mb-px h-8 border-transparent border-b px-2 text-faint text-sm hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
            >
              {tab.text}
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
      </Tabs.Root>
    </>
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
      <LongText id={id} field="user_prompt" title="User prompt" length={texts.user_prompt ?? 0} />
      <LongText
        id={id}
        field="system_prompt"
        title="System prompt"
        length={texts.system_prompt ?? 0}
      />
    </>
  );
}

function Json({ detail }: { detail: DecisionDetail }) {
  const text = JSON.stringify(detail.payload, null, 2);
  return (
    <div className="flex flex-col items-start gap-2 p-3">
      <pre className="max-h-[32rem] w-full overflow-auto whitespace-pre-wrap break-words rounded-sm border bg-bg p-2 font-mono text-sm">
        {text}
      </pre>
      <CopyButton text={text} label="Copy JSON" />
    </div>
  );
}
