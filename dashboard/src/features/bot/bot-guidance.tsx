"use client";
import { type FormEvent, useState } from "react";
import { DOES, GUIDANCE_HOURS, MAX_GUIDANCE } from "@/lib/view-models/command-view";
import { count } from "@/lib/view-models/format-number";

type Props = {
  disabled: boolean;
  /** Whether the bot holds some now, which may be cleared. */
  guided: boolean;
  onGive: (args: Record<string, string>) => void;
};

/** Words to the model, of bounded length and for a bounded time; none are what clears them. */
export function BotGuidance({ disabled, guided, onGive }: Props) {
  const [text, setText] = useState("");
  const give = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const hours = new FormData(event.currentTarget).get("hours");
    const args = { text: text.trim() };
    onGive(typeof hours === "string" && hours !== "" ? { ...args, hours } : args);
    setText("");
  };
  return (
    <form onSubmit={give} aria-label="Guidance" className="flex w-full max-w-3xl flex-col gap-1">
      <label htmlFor="guidance-text" className="label">
        guidance to the model
      </label>
      <textarea
        id="guidance-text"
        name="text"
        rows={2}
        required
        maxLength={MAX_GUIDANCE}
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-describedby="guidance-does"
        className="w-full resize-y rounded-sm border bg-bg px-2 py-1"
      />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <label className="flex items-center gap-2 text-muted text-sm">
          holds for
          <select
            name="hours"
            defaultValue="4"
            className="target rounded-sm border bg-surface px-1 text-text"
          >
            {GUIDANCE_HOURS.map(({ hours, text: says }) => (
              <option key={hours} value={hours}>
                {says}
              </option>
            ))}
          </select>
        </label>
        <button
          type="submit"
          disabled={disabled || text.trim() === ""}
          className="target rounded-sm border px-2 text-sm hover:bg-raised disabled:opacity-50"
        >
          Give guidance
        </button>
        {guided && (
          <button
            type="button"
            disabled={disabled}
            onClick={() => onGive({ text: "" })}
            className="target rounded-sm border px-2 text-sm hover:bg-raised disabled:opacity-50"
          >
            Clear guidance
          </button>
        )}
        <span className="label num ml-auto">
          {count(text.length)} of {count(MAX_GUIDANCE)} characters
        </span>
      </div>
      <p id="guidance-does" className="text-muted text-sm">
        {DOES.guidance}
      </p>
    </form>
  );
}
