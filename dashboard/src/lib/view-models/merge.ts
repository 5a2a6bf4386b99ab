/** Merging what streams in into pages that were read, without losing order or uniqueness. */
export type Page<T> = { items: T[]; next: string | null };
export type Pages<T> = { pages: Page<T>[]; pageParams: unknown[] };

type Ordered = { id: string; bot_id: string; cursor: string };

/** What makes a row one of a kind: ids of positions are only unique within their bot. */
export const rowKey = (row: { id: string; bot_id: string }) => `${row.bot_id}/${row.id}`;

/** Rows kept at most from the stream, so that a page left open for days stays small. */
export const KEPT_ROWS = 20_000;

/**
 * Puts arrivals among the rows at hand, newest first by `timeOf`. A row already there is
 * replaced in place. A row older than the last one read comes with its page, not here.
 */
export function mergeRows<T extends Ordered>(
  data: Pages<T>,
  arrivals: readonly T[],
  timeOf: (row: T) => string,
): Pages<T> {
  const last = data.pages.at(-1);
  if (!last || arrivals.length === 0) return data;
  const rows = data.pages.flatMap((page) => page.items);
  const end = rows.at(-1);
  const changed = new Map(arrivals.map((row) => [rowKey(row), row]));
  const kept = rows.map((row) => {
    const change = changed.get(rowKey(row));
    changed.delete(rowKey(row));
    return change ?? row;
  });
  const fresh = [...changed.values()]
    .filter((row) => last.next === null || !end || instant(timeOf(row)) >= instant(timeOf(end)))
    .reverse()
    .sort((a, b) => instant(timeOf(b)) - instant(timeOf(a)));
  return repage(interleave(fresh, kept, timeOf), last.next);
}

function instant(time: string): number {
  return Date.parse(time);
}

/** Merges two lists that are newest first; of equal times, the arrival comes first. */
function interleave<T>(fresh: readonly T[], rows: readonly T[], timeOf: (row: T) => string): T[] {
  const merged: T[] = [];
  let at = 0;
  for (const arrival of fresh) {
    const time = instant(timeOf(arrival));
    for (let row = rows[at]; row && instant(timeOf(row)) > time; row = rows[at]) {
      merged.push(row);
      at += 1;
    }
    merged.push(arrival);
  }
  return merged.concat(rows.slice(at));
}

function repage<T extends Ordered>(rows: T[], next: string | null): Pages<T> {
  if (rows.length <= KEPT_ROWS) return { pages: [{ items: rows, next }], pageParams: [null] };
  const kept = rows.slice(0, KEPT_ROWS);
  return {
    pages: [{ items: kept, next: kept.at(-1)?.cursor ?? null }],
    pageParams: [null],
  };
}

/** The rows of all pages read so far. */
export function rowsOf<T>(data: Pages<T> | undefined): T[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

/** Changes rows in place; pages and data stay the same objects where nothing changed. */
export function mapRows<T>(data: Pages<T>, change: (row: T) => T): Pages<T> {
  let changed = false;
  const pages = data.pages.map((page) => {
    const items = page.items.map(change);
    if (items.every((row, index) => row === page.items[index])) return page;
    changed = true;
    return { ...page, items };
  });
  return changed ? { ...data, pages } : data;
}
