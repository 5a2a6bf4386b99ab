import type {
  AccountLive,
  DecisionRow,
  Executed,
  LiveMessage,
  PositionRow,
  StatusRow,
} from "@/api/types";

/** Messages sorted by what they are about. */
export type Batch = {
  decisions: DecisionRow[];
  executions: Executed[];
  accounts: AccountLive[];
  positions: PositionRow[];
  statuses: StatusRow[];
};

export function batchOf(messages: readonly LiveMessage[]): Batch {
  const batch: Batch = { decisions: [], executions: [], accounts: [], positions: [], statuses: [] };
  for (const message of messages) {
    if (message.kind === "decision") batch.decisions.push(message.row);
    else if (message.kind === "execution") batch.executions.push(message.row);
    else if (message.kind === "account") batch.accounts.push(message.row);
    else if (message.kind === "status") batch.statuses.push(message.row);
    else batch.positions.push(message.row);
  }
  return batch;
}

/** True when any count or total of a bot may have changed, which only the server knows. */
export function changesTotals(messages: readonly LiveMessage[]): boolean {
  return messages.some((message) => message.kind !== "status");
}
