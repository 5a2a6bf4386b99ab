import { useEffect, useRef } from "react";
import { signOf } from "@/lib/view-models/decimal";
import { percent, UNKNOWN, usd, usdShort } from "@/lib/view-models/format-number";

type Props = {
  value: string | null | undefined;
  as: "usd" | "percent";
  /** Decimals of dollars; two, when left out. */
  places?: number;
  /** From a million dollars on in short. */
  short?: boolean;
  className?: string;
};

/** A gain or a loss: its sign, a triangle and a colour, so that none of them is needed alone. */
export function Delta({ value, as, places, short = false, className = "" }: Props) {
  const sign = signOf(value);
  const dollars = short ? usdShort(value, { signed: true }) : usd(value, { signed: true, places });
  const shown = as === "usd" ? dollars : percent(value);
  const tone = sign === 1 ? "text-gain" : sign === -1 ? "text-loss" : "text-muted";
  return (
    <span
      className={`num inline-flex items-center gap-1 align-middle ${tone} ${className}`}
      title={value ?? undefined}
    >
      {shown !== UNKNOWN && sign !== 0 && sign !== null && (
        <svg
          aria-hidden="true"
          width="7"
          height="6"
          viewBox="0 0 7 6"
          className="shrink-0 fill-current"
        >
          {sign === 1 ? <path d="M3.5 0 7 6H0z" /> : <path d="M3.5 6 0 0h7z" />}
        </svg>
      )}
      <Flash text={shown} />
    </span>
  );
}

/** A text that lights up once when it changes, but not when it first appears. */
export function Flash({ text }: { text: string }) {
  const element = useRef<HTMLSpanElement>(null);
  const shown = useRef(text);
  useEffect(() => {
    if (shown.current === text) return;
    shown.current = text;
    const node = element.current;
    if (!node) return;
    node.classList.remove("animate-flash");
    void node.offsetWidth;
    node.classList.add("animate-flash");
  }, [text]);
  return (
    <span ref={element} className="rounded-[2px]">
      {text}
    </span>
  );
}
