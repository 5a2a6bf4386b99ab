import Link from "next/link";

/** A bot's tags; each leads to the bots that have it. */
export function TagLinks({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul aria-label="Tags" className="flex min-w-0 flex-wrap gap-1">
      {tags.map((tag) => (
        <li key={tag}>
          <Link
            prefetch={false}
            href={`/llm-bot?tags=${encodeURIComponent(tag)}`}
            className="target inline-flex items-center rounded-sm border px-1 text-muted text-xs hover:text-accent"
          >
            {tag}
          </Link>
        </li>
      ))}
    </ul>
  );
}
