type Props = {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
};

/** Reads the next page of a list; nothing where there is none. */
export function ShowMore({ query }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <button
      type="button"
      className="target text-accent hover:underline"
      disabled={query.isFetchingNextPage}
      onClick={() => query.fetchNextPage()}
    >
      {query.isFetchingNextPage ? "Loading" : "Show more"}
    </button>
  );
}
