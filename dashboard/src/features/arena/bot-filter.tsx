"use client";
import { useFleet } from "@/api/queries/use-fleet";
import { useView } from "@/lib/prefs/use-view";
import { allTags, foundBots, PER, type Per, toggledTag } from "@/lib/view-models/tags";
import { PickOne } from "@/ui/pick-one";
import { TagChips } from "@/ui/tag-chips";

/** The bots that the tags and words of the address leave. */
export function useFoundBots() {
  const [{ tags, find }] = useView();
  const { bots } = useFleet();
  return foundBots(bots, tags, find);
}

const PER_OPTIONS = PER.map((value) => ({
  value,
  text: value === "none" ? "no groups" : `by ${value}`,
}));

/** Words to find bots by, and by what they are put together. */
export function BotFilter() {
  const [{ find, per }, setView] = useView();
  return (
    <>
      <input
        type="search"
        aria-label="Find bots by name, model or tag"
        placeholder="find a bot …"
        value={find}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setView({ find: event.target.value }, { history: "replace" })}
        className="h-6 w-28 rounded-sm border bg-transparent px-2 text-sm placeholder:text-faint"
      />
      <PickOne
        label="Groups"
        value={per}
        options={PER_OPTIONS}
        onChange={(next) => setView({ per: next as Per })}
      />
    </>
  );
}

/** Every tag that some bot has; pressed, those that have it are left. */
export function TagBar() {
  const [{ tags, find }, setView] = useView();
  const { bots } = useFleet();
  const known = allTags(bots).map(({ tag }) => tag);
  const all = [...known, ...tags.filter((tag) => !known.includes(tag))];
  if (all.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-1">
      <fieldset className="flex min-w-0 flex-wrap items-center gap-2">
        <legend className="sr-only">Tags</legend>
        <TagChips
          tags={all}
          chosen={tags}
          onPick={(tag) => setView({ tags: toggledTag(tags, tag) })}
        />
      </fieldset>
      {(tags.length > 0 || find !== "") && (
        <button
          type="button"
          className="target text-accent text-sm hover:underline"
          onClick={() => setView({ tags: [], find: "" })}
        >
          Clear the filter
        </button>
      )}
    </div>
  );
}
