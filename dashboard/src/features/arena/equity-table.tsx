"use client";
import { useMemo } from "react";
import { type Line, labelOf, type Unit } from "@/lib/view-models/equity";
import { type EquityRow, equityRows } from "@/lib/view-models/equity-table";
import { count } from "@/lib/view-models/format-number";
import { BotTag } from "@/ui/bot-tag";
import { type Column, DataTable } from "@/ui/data-table";
import { Moment } from "@/ui/moment";
import { ScrollRegion } from "@/ui/scroll-region";

type Props = { lines: readonly Line[]; hues: Record<string, number>; unit: Unit };

/** The same curves as figures. */
export function EquityTable({ lines, hues, unit }: Props) {
  const { rows, of } = useMemo(() => equityRows(lines), [lines]);
  const columns: Column<EquityRow>[] = [
    {
      key: "time",
      head: "time",
      cell: (row) => <Moment at={new Date(row.time * 1000).toISOString()} className="text-muted" />,
    },
    ...lines.map(
      (line): Column<EquityRow> => ({
        key: line.botId,
        head: (
          <span className="inline-flex">
            <BotTag bot={{ id: line.botId, name: line.name }} hue={hues[line.botId]} />
          </span>
        ),
        number: true,
        cell: (row) => {
          const exact = row.cells[line.botId];
          return exact === undefined ? "—" : labelOf(exact, unit);
        },
      }),
    ),
  ];
  return (
    <div className="flex h-72 flex-col md:h-80">
      <ScrollRegion label="Equity as a table" className="min-h-0 flex-1">
        <DataTable
          label="Equity"
          columns={columns}
          rows={rows}
          rowKey={(row) => String(row.time)}
        />
      </ScrollRegion>
      {rows.length < of && (
        <p className="label border-t px-3 py-1">
          showing {count(rows.length)} of {count(of)} instants, evenly spaced
        </p>
      )}
    </div>
  );
}
