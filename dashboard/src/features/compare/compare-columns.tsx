"use client";
import type { ReactNode } from "react";
import { useFleet } from "@/api/queries/use-fleet";
import { BotLink } from "@/ui/bot-link";
import type { Column } from "@/ui/data-table";

type Cells<T> = {
  head: string;
  name: (row: T) => ReactNode;
  cell: (row: T, botId: string) => ReactNode;
};

/** A first column of names, then one for each bot. */
export function useBotColumns<T>(ids: readonly string[], cells: Cells<T>): Column<T>[] {
  const { byId, hues } = useFleet();
  return [
    { key: "name", head: cells.head, cell: cells.name },
    ...ids.map(
      (id): Column<T> => ({
        key: id,
        number: true,
        head: (
          <span className="inline-flex max-w-36">
            <BotLink bot={byId.get(id) ?? { id, name: null }} hue={hues[id]} />
          </span>
        ),
        cell: (row) => cells.cell(row, id),
      }),
    ),
  ];
}
