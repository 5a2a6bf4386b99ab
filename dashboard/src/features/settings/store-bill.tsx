"use client";
import { useBill } from "@/api/queries/use-bill";
import { billLines, billWarning } from "@/lib/view-models/bill";

/** What the store costs today; says so where it costs nothing. */
export function StoreBill() {
  const { data, isError } = useBill();
  if (isError) return <p className="text-muted">The server does not say what its store costs.</p>;
  if (!data) return <p className="text-muted">…</p>;
  if (!data.paid) {
    return <p className="text-muted">This server’s store is not paid by the document.</p>;
  }
  const warning = billWarning(data);
  return (
    <>
      {warning && <p role="status">{warning}</p>}
      <dl className="divide-y">
        {billLines(data).map(({ name, text }) => (
          <div key={name} className="grid grid-cols-[7rem_minmax(0,1fr)] gap-3 py-1.5">
            <dt className="text-muted text-sm">{name}</dt>
            <dd className="break-words font-mono text-sm">{text}</dd>
          </div>
        ))}
      </dl>
      <p className="text-muted">
        Documents of all servers of this store since midnight Pacific time ({data.day}).
      </p>
    </>
  );
}
