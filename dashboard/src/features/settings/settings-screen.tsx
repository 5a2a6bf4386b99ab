"use client";
import type { ReactNode } from "react";
import { useFontsReady } from "@/lib/prefs/use-fonts-ready";
import { PageHead } from "@/ui/page-head";
import { SkeletonRows } from "@/ui/panel";
import { Shell } from "@/ui/shell/shell";
import { AlarmSettings } from "./alarm-settings";
import { Licences } from "./licences";
import { LookSettings } from "./look-settings";
import { SelfTest } from "./self-test";
import { ShareSettings } from "./share-settings";
import { StoreBill } from "./store-bill";

/** How this browser shows things, and how to see that the parts are wired up. */
export function SettingsScreen() {
  // So much text would break elsewhere once the fonts are there, and move what is below it.
  const ready = useFontsReady();
  if (!ready) {
    return (
      <Shell>
        <PageHead title="Settings" />
        <div aria-busy="true" className="mx-auto w-full max-w-6xl bg-surface">
          <SkeletonRows rows={16} />
        </div>
      </Shell>
    );
  }
  return (
    <Shell>
      <PageHead title="Settings" />
      <div className="mx-auto grid w-full max-w-6xl gap-px bg-line md:grid-cols-2 lg:border-x">
        <Section title="How it looks">
          <p className="text-muted">Kept in this browser; nothing of it leaves it.</p>
          <LookSettings />
        </Section>
        <Section title="When something is wrong">
          <AlarmSettings />
        </Section>
        <Section title="Self-test">
          <SelfTest />
        </Section>
        <Section title="Keys">
          <p>
            Keys are never shown on this page. The bots’ key is set on the server, as{" "}
            <Name>LLM_BOT_API_KEY</Name> in <Name>.env.local</Name>, and on each bot, as{" "}
            <Name>MOTHERHAVEN_API_KEY</Name> in its <Name>.env</Name>; they must be equal. Without
            one, <Name>motherhaven up</Name> makes a key and keeps it in its data folder, readable
            by you alone, and prints where.
          </p>
          <p>
            A key of one bot opens only what it is for: <Name>motherhaven keys create</Name> shows
            it once and keeps a digest; afterwards <Name>motherhaven keys list</Name> tells its id,
            name, bot and scopes, and <Name>motherhaven keys revoke</Name> ends it within seconds.
          </p>
          <p className="text-muted">
            To change the shared key, set the new key on the server and restart it, then on the
            bots. What they record meanwhile is kept and shipped afterwards.
          </p>
        </Section>
        <Section title="Shared links" wide>
          <ShareSettings />
        </Section>
        <Section title="What is kept" wide>
          <p>
            The server keeps every record and deletes none by itself. Each bot’s journal, in its own{" "}
            <Name>data/</Name> folder, is a complete second copy. The server’s database is{" "}
            <Name>MOTHERHAVEN_STORE</Name>, by default <Name>server.db</Name> in{" "}
            <Name>MOTHERHAVEN_DATA</Name>: <Name>motherhaven backup</Name> writes all it holds to
            one file.
          </p>
          <p className="text-muted">
            <Name>motherhaven prune</Name> drops prompts, answers and raw events older than you say;
            trades and curves stay.
          </p>
        </Section>
        <Section title="What the store costs" wide>
          <StoreBill />
        </Section>
        <Section title="Licences" wide>
          <Licences />
        </Section>
      </div>
    </Shell>
  );
}

type SectionProps = { title: string; wide?: boolean; children: ReactNode };

function Section({ title, wide = false, children }: SectionProps) {
  return (
    <section
      aria-label={title}
      className={`flex min-w-0 flex-col gap-3 bg-surface p-3 md:p-4 ${wide ? "md:col-span-2" : ""}`}
    >
      <h2 className="font-semibold text-sm">{title}</h2>
      {children}
    </section>
  );
}

function Name({ children }: { children: string }) {
  return <code className="font-mono text-sm [overflow-wrap:anywhere]">{children}</code>;
}
