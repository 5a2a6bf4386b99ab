"use client";
import type { ReactNode } from "react";
import { definitionOf } from "@/lib/view-models/definitions";
import { ScrollRegion } from "./scroll-region";
import { useSteadyColumns } from "./steady-columns";

export type Column<T> = {
  key: string;
  head: ReactNode;
  cell: (row: T, index: number) => ReactNode;
  /** Numbers stand flush right. */
  number?: boolean;
  /** From which width of the table's place on the column is shown; always, when left out. */
  from?: "sm" | "md" | "lg" | "xl" | "wide" | "2xl";
  sorted?: boolean;
  /** Sorted from the least on; else from the most. */
  ascending?: boolean;
  onSort?: () => void;
  title?: string;
};

const SHOWN = {
  sm: "@max-[26rem]:hidden",
  md: "@max-[38rem]:hidden",
  lg: "@max-[50rem]:hidden",
  xl: "@max-[59rem]:hidden",
  wide: "@max-[70rem]:hidden",
  "2xl": "@max-[84rem]:hidden",
} as const;

/** Where a table is wider than its place, its names stay in sight. */
const NAMES = "first:sticky first:left-0 first:z-[1] first:bg-surface";

type Props<T> = {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** A row is pointed at; null: none is any more. */
  onPoint?: (row: T | null) => void;
};

/** A dense table with hairlines; on a narrow screen it keeps only what matters most. */
export function DataTable<T>({ label, columns, rows, rowKey, onPoint }: Props<T>) {
  const table = useSteadyColumns();
  return (
    <ScrollRegion label={label}>
      <table ref={table} className="w-full border-collapse text-left" aria-label={label}>
        <thead>
          <tr className="border-b">
            {columns.map((column) => (
              <Head key={column.key} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={rowKey(row)}
              onPointerEnter={() => onPoint?.(row)}
              onPointerLeave={() => onPoint?.(null)}
              className="h-(--row) animate-arrive border-b last:border-b-0 hover:bg-raised/60"
            >
              {columns.map((column) => (
                <td key={column.key} className={cellClass(column)}>
                  {column.cell(row, index)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function cellClass<T>(column: Column<T>): string {
  const align = column.number ? "num text-right" : "";
  return `px-2 first:pl-3 last:pr-3 ${NAMES} ${align} ${column.from ? SHOWN[column.from] : ""}`;
}

function Head<T>({ column }: { column: Column<T> }) {
  // Room for a few more digits, so that a column keeps its width from tick to tick.
  const align = column.number ? "min-w-18 text-right" : "";
  const sort = column.sorted ? (column.ascending ? "ascending" : "descending") : undefined;
  return (
    <th
      scope="col"
      title={column.title ?? definitionOf(column.head)}
      aria-sort={sort}
      className={`label h-7 px-2 font-normal first:pl-3 last:pr-3 ${NAMES} ${align} ${column.from ? SHOWN[column.from] : ""}`}
    >
      {column.onSort ? (
        <button
          type="button"
          onClick={column.onSort}
          className={`target hover:text-text ${column.sorted ? "text-text underline decoration-accent underline-offset-4" : ""}`}
        >
          {column.head}
        </button>
      ) : (
        column.head
      )}
    </th>
  );
}
