"use client";
import type { FormEvent } from "react";
import type { PositionRow } from "@/api/types";
import { closingText, DOES } from "@/lib/view-models/command-view";
import { price } from "@/lib/view-models/format-number";
import { Popover } from "@/ui/popover";
import { HoldButton } from "./hold-button";
import { useControl } from "./use-control";

const PARTS = ["0.25", "0.5"] as const;

/** Close, reduce or move the stop of one position; nothing where this browser may only read. */
export function PositionControl({ row }: { row: PositionRow }) {
  const { may, give, busy, problem, dialog } = useControl(row.bot_id);
  if (!may) return null;
  const act = (close: () => void, wish: Parameters<typeof give>[0]) => {
    close();
    give(wish);
  };
  const move = (close: () => void, event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget).get("price");
    if (typeof given === "string")
      act(close, { name: "move_stop", args: { coin: row.coin, price: given } });
  };
  return (
    <>
      <Popover
        label={`${row.coin} ${row.side}`}
        text="change"
        textLabel={`Change ${row.coin} ${row.side}`}
        textClass="target rounded-sm border px-2 text-sm hover:bg-raised"
        className="w-80 max-w-[calc(100vw-1rem)] p-3"
      >
        {(close) => (
          <div className="flex flex-col gap-3">
            <div>
              <HoldButton
                label="Close"
                says={closingText([row])}
                disabled={busy}
                onHeld={() => act(close, { name: "flatten", args: { coin: row.coin } })}
              />
              <p className="mt-1 text-muted">{closingText([row])}</p>
            </div>
            <div className="flex items-center gap-2">
              <span className="text-muted">Reduce by</span>
              {PARTS.map((part) => (
                <button
                  key={part}
                  type="button"
                  disabled={busy}
                  title={DOES.reduce}
                  onClick={() =>
                    act(close, { name: "reduce", args: { coin: row.coin, fraction: part } })
                  }
                  className="target rounded-sm border px-2 hover:bg-raised"
                >
                  {Number(part) * 100} %
                </button>
              ))}
            </div>
            <form
              onSubmit={(event) => move(close, event)}
              className="flex flex-wrap items-center gap-2"
            >
              <label className="flex items-center gap-2 text-muted">
                Stop to
                <input
                  name="price"
                  required
                  inputMode="decimal"
                  pattern="[0-9]+([.][0-9]+)?"
                  placeholder={price(row.stop_loss)}
                  className="num target w-28 rounded-sm border bg-bg px-2 text-text"
                />
              </label>
              <button type="submit" disabled={busy} className="target rounded-sm border px-2">
                Move
              </button>
              <p className="w-full text-faint">{DOES.move_stop}</p>
            </form>
          </div>
        )}
      </Popover>
      {problem && (
        <span role="alert" className="block text-loss text-sm">
          {problem}
        </span>
      )}
      {dialog}
    </>
  );
}
