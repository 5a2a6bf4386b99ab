"use client";

type Props = {
  tags: readonly string[];
  /** Those that are filtered for. */
  chosen?: readonly string[];
  onPick?: (tag: string) => void;
  className?: string;
};

const LOOK = "max-w-full truncate rounded-sm border px-1 text-xs leading-5";

/** A bot's tags; where they can be picked, each filters for its bots. */
export function TagChips({ tags, chosen = [], onPick, className = "" }: Props) {
  if (tags.length === 0) return null;
  return (
    <span className={`inline-flex min-w-0 flex-wrap gap-1 ${className}`}>
      {tags.map((tag) =>
        onPick ? (
          <button
            key={tag}
            type="button"
            aria-pressed={chosen.includes(tag)}
            title={`Bots with the tag ${tag}`}
            onClick={() => onPick(tag)}
            className={`target ${LOOK} text-muted hover:text-text aria-pressed:border-accent aria-pressed:text-text`}
          >
            {tag}
          </button>
        ) : (
          <span key={tag} title={tag} className={`${LOOK} text-muted`}>
            {tag}
          </span>
        ),
      )}
    </span>
  );
}
