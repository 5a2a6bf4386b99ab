import type { ReactNode } from "react";

type Props = { title: string; children?: ReactNode };

/** The name of a screen, with what may be chosen on it. */
export function PageHead({ title, children }: Props) {
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 border-b bg-surface px-3 py-1.5">
      <h1 className="font-semibold text-lg">{title}</h1>
      {children}
    </div>
  );
}
