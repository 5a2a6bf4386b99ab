"use client";
import { useMemo } from "react";
import { useAnswers } from "@/api/queries/use-answers";
import { useFeed } from "@/api/queries/use-feed";
import type { BotRow } from "@/api/types";
import { answersOf } from "@/lib/view-models/answers";
import { feedOf } from "@/lib/view-models/filter-bot";
import { count } from "@/lib/view-models/format-number";
import { rowsOf } from "@/lib/view-models/merge";
import { Panel, SkeletonRows } from "@/ui/panel";
import { ShowMore } from "@/ui/show-more";
import { AnswerEntry } from "./answer-entry";

/** What the model thought, answer by answer over all coins, newest first. */
export function BotReasoning({ bot }: { bot: BotRow }) {
  const query = useAnswers(bot.id);
  const feed = useFeed(feedOf(bot.id, false));
  const answers = useMemo(
    () => answersOf(query.data?.pages.flatMap((page) => page.items) ?? [], rowsOf(feed.data)),
    [query.data, feed.data],
  );
  return (
    <Panel
      title="Reasoning"
      query={query}
      skeleton={<SkeletonRows rows={5} height={120} />}
      isEmpty={answers.length === 0}
      empty={
        <p className="p-3 text-muted">
          No answer of a model is recorded. A fixed rule asks none, and bots before version 0.2 keep
          what theirs said with each decision.
        </p>
      }
      partial={
        query.hasNextPage && (
          <span className="flex items-center gap-3">
            the newest {count(answers.length)}
            <ShowMore query={query} />
          </span>
        )
      }
    >
      <ol className="divide-y">
        {answers.map((answer) => (
          <li key={answer.id}>
            <AnswerEntry answer={answer} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
