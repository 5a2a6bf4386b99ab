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
  /** The bots whose commands have come further. */
  commands: string[];
  /** The bots whose log has grown. */
  logs: string[];
  /** How often ingest refused something. */
  rejected: number;
};

export function batchOf(messages: readonly LiveMessage[]): Batch {
  const batch: Batch = {
    decisions: [],
    executions: [],
    accounts: [],
    positions: [],
    statuses: [],
    commands: [],
    logs: [],
    rejected: 0,
  };
  for (const message of messages) {
    if (message.kind === "decision") batch.decisions.push(message.row);
    else if (message.kind === "execution") batch.executions.push(message.row);
    else if (message.kind === "account") batch.accounts.push(message.row);
    else if (message.kind === "status") batch.statuses.push(message.row);
    else if (message.kind === "command") batch.commands.push(message.bot_id);
    else if (message.kind === "log") batch.logs.push(message.bot_id);
    else if (message.kind === "rejected") batch.rejected += 1;
    else batch.positions.push(message.row);
  }
  return batch;
}

/** True when nothing of it is in what queries hold. */
export function isEmpty({ decisions, executions, accounts, positions, statuses }: Batch): boolean {
  return [decisions, executions, accounts, positions, statuses].every((one) => one.length === 0);
}

/** True when any count or total of a bot may have changed, which only the server knows. */
export function changesTotals(batch: Batch): boolean {
  const { decisions, executions, accounts, positions, statuses } = batch;
  const events = decisions.length + executions.length + accounts.length + positions.length;
  return events > 0 || statuses.some(hasFailed);
}

const WENT_WRONG = new Set(["rejected", "unknown"]);

/** True when something went wrong, so that the server's list of errors has changed. */
export function changesErrors(batch: Batch): boolean {
  return (
    batch.rejected > 0 ||
    batch.decisions.some((row) => row.error != null || row.verdict?.allowed === false) ||
    batch.executions.some((one) => one.execution.error != null || isWrong(one.execution.status)) ||
    batch.statuses.some(hasFailed)
  );
}

function hasFailed(status: StatusRow): boolean {
  return status.error != null || status.status === "error";
}

function isWrong(status: string): boolean {
  return WENT_WRONG.has(status);
}
