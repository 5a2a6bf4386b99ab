/** So many of a name's last characters stay when its middle is left out. */
const TAIL = 6;

/** A name on one line; where it is too long its middle is left out, and the whole is in its title. */
export function ShortName({ text, className = "" }: { text: string; className?: string }) {
  const cut = text.length > 2 * TAIL ? text.length - TAIL : text.length;
  return (
    <span className={`flex min-w-0 whitespace-pre ${className}`} title={text}>
      <span className="min-w-0 truncate">{text.slice(0, cut)}</span>
      {cut < text.length && <span className="shrink-0">{text.slice(cut)}</span>}
    </span>
  );
}
