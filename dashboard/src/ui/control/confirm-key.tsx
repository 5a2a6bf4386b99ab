"use client";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/error";
import { confirmWith } from "@/api/queries/use-commands";
import { Dialog } from "@/ui/dialog";

type Props = { open: boolean; onDone: () => void; onClose: () => void };

/** Asks for the session's key once more: commands may then be given for five minutes. */
export function ConfirmKey({ open, onDone, onClose }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const confirm = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get("key");
    setBusy(true);
    setProblem(null);
    try {
      await confirmWith(typeof key === "string" ? key : "");
      onDone();
    } catch (error) {
      const told = error instanceof ApiError ? (error.detail ?? error.message) : String(error);
      setProblem(told);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Confirm with your key"
      className="fixed top-24 left-1/2 w-96 max-w-[calc(100vw-2rem)] -translate-x-1/2 whitespace-normal border border-line-strong p-4 text-left"
    >
      <p className="mt-2 mb-3 text-muted text-sm">
        The key that this browser signed in with. It is good for commands for five minutes, in this
        tab alone.
      </p>
      <form onSubmit={confirm} className="flex flex-col gap-2">
        <label htmlFor="confirm-key" className="label">
          Key
        </label>
        <input
          id="confirm-key"
          name="key"
          type="password"
          autoComplete="current-password"
          required
          className="target rounded-sm border bg-bg px-2"
        />
        {problem && (
          <p role="alert" className="text-loss text-sm">
            {problem}
          </p>
        )}
        <div className="mt-1 flex justify-end gap-2">
          <button
            type="button"
            onClick={onClose}
            className="target rounded-sm border px-3 text-sm hover:bg-raised"
          >
            Cancel
          </button>
          <button
            type="submit"
            disabled={busy}
            className="target rounded-sm border border-accent px-3 text-accent text-sm hover:bg-raised"
          >
            Confirm
          </button>
        </div>
      </form>
    </Dialog>
  );
}
