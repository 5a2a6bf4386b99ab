type Props = { label: string; text: string; className: string };

/** More than this is not set: it can be copied whole, and stands in the record. */
export const SET_UP_TO = 60_000;

/** A long text in an area that scrolls, as it is written. */
export function SetText({ label, text, className }: Props) {
  return (
    <section
      aria-label={label}
      className={`${className} overflow-auto rounded-sm border bg-bg p-2`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keys
      tabIndex={0}
    >
      <pre dir="auto" className="whitespace-pre-wrap break-words font-mono text-sm">
        {text.slice(0, SET_UP_TO)}
        {text.length > SET_UP_TO && "…"}
      </pre>
    </section>
  );
}
