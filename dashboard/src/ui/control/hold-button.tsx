"use client";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

const HOLD_MS = 1200;

type Props = {
  label: string;
  /** What it will do, told before and while it is held. */
  says: string;
  onHeld: () => void;
  disabled?: boolean;
};

/**
 * Acts only when it is held for more than a second, by pointer or by Space or Enter, so that
 * no slip closes a position. Nothing moves where motion is reduced; words tell how far it is.
 */
export function HoldButton({ label, says, onHeld, disabled = false }: Props) {
  const [held, setHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const id = `hold-${label.toLowerCase().replace(/\W+/g, "-")}`;
  const stop = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
    setHeld(false);
  };
  const start = () => {
    if (disabled || timer.current !== undefined) return;
    setHeld(true);
    timer.current = setTimeout(() => {
      stop();
      onHeld();
    }, HOLD_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) start();
  };
  return (
    <button
      type="button"
      disabled={disabled}
      aria-describedby={id}
      title={says}
      onPointerDown={start}
      onPointerUp={stop}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={onKeyDown}
      onKeyUp={stop}
      onBlur={stop}
      className="target relative touch-none select-none overflow-hidden rounded-sm border border-loss px-2 text-loss text-sm disabled:opacity-50"
    >
      <span
        aria-hidden
        className="hold-fill absolute inset-y-0 left-0 bg-loss/25"
        style={{ width: held ? "100%" : "0%", transitionDuration: held ? `${HOLD_MS}ms` : "0ms" }}
      />
      <span className="relative">{held ? `${label}: keep holding` : `${label} (hold)`}</span>
      <span id={id} className="sr-only">
        {`Hold for a second. ${says}`}
      </span>
    </button>
  );
}
