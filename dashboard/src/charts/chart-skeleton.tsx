/** The heights of charts, so that what stands in their places is as high as they are. */
export const CHART_HEIGHT = {
  lines: "h-72 md:h-80",
  bot: "h-60 md:h-72",
  candles: "h-72 md:h-96",
} as const;

/** The same as least heights, for words in the place of a chart. */
export const CHART_PLACE = {
  lines: "min-h-72 md:min-h-80",
  bot: "min-h-60 md:min-h-72",
  candles: "min-h-72 md:min-h-96",
} as const;

type Props = { chart?: keyof typeof CHART_HEIGHT };

/** The place where a chart will stand. */
export function ChartSkeleton({ chart = "lines" }: Props) {
  return (
    <div aria-hidden className={`flex animate-breathe items-end px-3 pb-8 ${CHART_HEIGHT[chart]}`}>
      <div className="h-px w-full bg-line-strong" />
    </div>
  );
}
