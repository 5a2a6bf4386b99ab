import { type DiffLine, diffNow } from "./line-diff";

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

/** Runs longer than this stay apart: nobody reads them line by line. */
const PAIRED = 400;

/** Where as many lines came as went, and most resemble one another, they stand in pairs. */
export function paired(lines: readonly DiffLine[]): DiffLine[] {
  const result: DiffLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const gone = runOf(lines, at, "removed");
    const come = runOf(lines, at + gone.length, "added");
    if (gone.length > 1 && gone.length <= PAIRED && areAlike(gone, come)) {
      for (const [index, line] of gone.entries()) result.push(line, come[index] as DiffLine);
    } else for (const line of [...gone, ...come]) result.push(line);
    at += gone.length + come.length;
    const line = lines[at];
    if (line?.kind === "same") {
      result.push(line);
      at += 1;
    }
  }
  return result;
}

function areAlike(gone: readonly DiffLine[], come: readonly DiffLine[]): boolean {
  if (gone.length !== come.length) return false;
  const alike = gone.filter((line, index) => resemble(line.text, come[index]?.text ?? ""));
  return 3 * alike.length >= 2 * gone.length;
}

function runOf(lines: readonly DiffLine[], from: number, kind: DiffLine["kind"]): DiffLine[] {
  let end = from;
  while (lines[end]?.kind === kind) end += 1;
  return lines.slice(from, end);
}

/** A quarter of the shorter line or more is the same at the ends of both. */
function resemble(a: string, b: string): boolean {
  const least = Math.min(a.length, b.length);
  if (Math.max(a.length, b.length) > MARKED_UP_TO) return false;
  const { head, tail } = equalEnds(a, b);
  return a === b || (head + tail > 0 && 4 * (head + tail) >= least);
}

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

/** What differs within two lines that stand for one another, word by word. */
export function changedParts(before: string, after: string): { before: Part[]; after: Part[] } {
  const isLong = Math.max(before.length, after.length) > MARKED_UP_TO;
  const { head, tail } = equalEnds(before, after);
  // Nothing in common: the colour of the line says it all.
  if (isLong || head + tail === 0) return { before: plain(before), after: plain(after) };
  const words = diffNow(wordsOf(before), wordsOf(after));
  return { before: partsOf(words, "removed"), after: partsOf(words, "added") };
}

function equalEnds(a: string, b: string): { head: number; tail: number } {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < most - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return { head, tail };
}

/** Words and figures, and what stands between them. */
function wordsOf(line: string): string[] {
  return line.split(/([\s,;:"'()[\]{}*]+)/).filter((word) => word !== "");
}

function plain(text: string): Part[] {
  return text === "" ? [] : [{ text, changed: false }];
}

/** One side's words, put together again where neighbours are alike. */
function partsOf(words: readonly DiffLine[], side: "added" | "removed"): Part[] {
  const parts: Part[] = [];
  for (const { kind, text } of words) {
    if (kind !== "same" && kind !== side) continue;
    const last = parts.at(-1);
    const changed = kind === side;
    if (last && last.changed === changed) last.text += text;
    else parts.push({ text, changed });
  }
  return parts;
}
