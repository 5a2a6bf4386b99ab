import type { DiffLine } from "./line-diff";

/** Lines of a text; an answer that is one line of JSON is set line by line. */
export function linesOf(text: string): string[] {
  return spreadJson(text).split(/\r?\n/);
}

function spreadJson(text: string): string {
  const trimmed = text.trim();
  if (!/^[{[]/.test(trimmed) || trimmed.includes("\n")) return text;
  try {
    return JSON.stringify(JSON.parse(trimmed), null, 2);
  } catch {
    return text;
  }
}

export type Fold = { kind: "fold"; lines: DiffLine[]; key: string };
export type Shown = (DiffLine & { key: string }) | Fold;

/** Lines of context around what changed; longer runs of equal lines are folded. */
const CONTEXT = 3;

/** What is shown of a difference: what changed with its surroundings, the rest folded. */
export function folded(lines: readonly DiffLine[]): Shown[] {
  const shown: Shown[] = [];
  for (let start = 0; start < lines.length; ) {
    let end = start;
    while (end < lines.length && lines[end]?.kind === "same") end += 1;
    const before = start === 0 ? 0 : CONTEXT;
    const after = end === lines.length ? 0 : CONTEXT;
    if (end - start > before + after + 1) {
      put(shown, lines, start, start + before);
      const hidden = lines.slice(start + before, end - after);
      shown.push({ kind: "fold", lines: hidden, key: `fold-${start}` });
      put(shown, lines, end - after, end);
    } else put(shown, lines, start, end);
    start = end;
    while (end < lines.length && lines[end]?.kind !== "same") end += 1;
    put(shown, lines, start, end);
    start = end;
  }
  return shown;
}

function put(shown: Shown[], lines: readonly DiffLine[], from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    const line = lines[at];
    if (line) shown.push({ ...line, key: String(at) });
  }
}

/** How many lines came and went. */
export function changesOf(lines: readonly DiffLine[]): { added: number; removed: number } {
  return {
    added: lines.filter((line) => line.kind === "added").length,
    removed: lines.filter((line) => line.kind === "removed").length,
  };
}

export type Part = { text: string; changed: boolean };

/** Lines longer than this are marked as a whole. */
const MARKED_UP_TO = 2000;

/** What differs within two lines that stand for one another: all between their equal ends. */
export function changedParts(before: string, after: string): { before: Part[]; after: Part[] } {
  const most = Math.min(before.length, after.length);
  if (most > MARKED_UP_TO) return { before: partsOf(before, 0, 0), after: partsOf(after, 0, 0) };
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return { before: partsOf(before, head, tail), after: partsOf(after, head, tail) };
}

function partsOf(text: string, head: number, tail: number): Part[] {
  const end = text.length - tail;
  // Nothing in common: the colour of the line says it all.
  const changed = head + tail > 0;
  return [
    { text: text.slice(0, head), changed: false },
    { text: text.slice(head, end), changed },
    { text: text.slice(end), changed: false },
  ].filter((part) => part.text !== "");
}
