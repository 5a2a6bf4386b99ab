const PARTS: readonly [name: string, licence: string][] = [
  ["Next.js, React, TanStack Query and Virtual, Radix, nuqs, openapi-fetch, clsx", "MIT"],
  ["react-markdown, rehype-sanitize", "MIT"],
  ["Lucide icons", "ISC"],
  ["Inter, JetBrains Mono", "SIL Open Font License 1.1"],
  ["TradingView Lightweight Charts", "Apache License 2.0"],
];

/** Whose work the page stands on, with the notice that the chart library asks for. */
export function Licences() {
  return (
    <>
      <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[minmax(0,1fr)_auto]">
        {PARTS.map(([name, licence]) => (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd className="text-muted max-sm:mb-2">{licence}</dd>
          </div>
        ))}
      </dl>
      <p className="text-muted">
        TradingView Lightweight Charts™. Copyright (c) 2026 TradingView, Inc.{" "}
        <a
          href="https://www.tradingview.com/"
          rel="noopener noreferrer"
          className="target inline-flex items-center text-accent underline underline-offset-2"
        >
          https://www.tradingview.com/
        </a>
      </p>
    </>
  );
}
