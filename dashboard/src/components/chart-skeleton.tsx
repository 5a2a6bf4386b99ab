/** The place where a chart will stand. */
export function ChartSkeleton() {
  return (
    <div aria-hidden className="flex h-72 animate-breathe items-end px-3 pb-8 md:h-80">
      <div className="h-px w-full bg-line-strong" />
    </div>
  );
}
