"use client";
import { useSyncExternalStore } from "react";
import { CopyButton } from "./copy-button";

const EXAMPLES = {
  decision:
    '{"timestamp": "2026-01-01T12:00:00Z", "coin": "BTC", "signal": "hold", "quantity_usd": 0, "leverage": 1, "confidence": 0.6, "justification": "first words"}',
  account:
    '{"timestamp": "2026-01-01T12:00:00Z", "balance_usd": 1000, "equity_usd": 1000, "unrealized_pnl": 0, "realized_pnl": 0, "total_pnl": 0, "num_positions": 0}',
  position:
    '{"coin": "BTC", "side": "long", "quantity_usd": 50, "leverage": 5, "entry_price": 99812.5, "entry_time": "2026-01-01T12:00:00Z", "status": "open"}',
  status:
    '{"timestamp": "2026-01-01T12:00:00Z", "status": "running", "message": "first heartbeat"}',
} as const;

const nothing = () => () => {};

/** What would fill a panel: a line to copy that posts the first event of its kind. */
export function EmptyState({ text, kind }: { text: string; kind: keyof typeof EXAMPLES }) {
  const origin = useSyncExternalStore(
    nothing,
    () => window.location.origin,
    () => "http://localhost:3000",
  );
  const curl =
    `curl -X POST ${origin}/api/llm-bot/ingest/${kind} -H "content-type: application/json" ` +
    `-H "x-api-key: YOUR_LLM_BOT_API_KEY" -d '${EXAMPLES[kind]}'`;
  return (
    <div className="flex flex-col items-start gap-2 p-3">
      <p className="text-muted">{text}</p>
      <code className="w-full whitespace-pre-wrap [overflow-wrap:anywhere] rounded-sm border bg-bg p-2 font-mono text-muted text-xs">
        {curl}
      </code>
      <CopyButton text={curl} label="Copy" />
    </div>
  );
}
