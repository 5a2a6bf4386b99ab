"use client";
import { type ReactNode, useRef, useState } from "react";
import { tokenNow, type Wish } from "@/api/control";
import { ApiError } from "@/api/error";
import { newId, useGiveCommand } from "@/api/queries/use-commands";
import { useSession } from "@/api/queries/use-session";
import { ConfirmKey } from "./confirm-key";

type Control = {
  /** Whether this session may give commands at all. */
  may: boolean;
  give: (wish: Wish) => void;
  busy: boolean;
  problem: string | null;
  /** The dialog that asks for the key; put it somewhere on the screen. */
  dialog: ReactNode;
};

/** Gives a bot commands from this browser, after the key was shown once more. */
export function useControl(bot: string): Control {
  const session = useSession();
  const giving = useGiveCommand(bot);
  const waiting = useRef<Wish | null>(null);
  const [asking, setAsking] = useState(false);
  const send = (wish: Wish) => giving.mutate({ wish, id: newId() });
  const give = (wish: Wish) => {
    if (tokenNow() !== null) return send(wish);
    waiting.current = wish;
    setAsking(true);
  };
  const done = () => {
    setAsking(false);
    if (waiting.current) send(waiting.current);
    waiting.current = null;
  };
  const error = giving.error;
  const detail = error instanceof ApiError ? (error.detail ?? error.message) : error?.message;
  return {
    may: session.data?.control === true,
    give,
    busy: giving.isPending,
    problem: detail ?? null,
    dialog: <ConfirmKey open={asking} onDone={done} onClose={() => setAsking(false)} />,
  };
}
