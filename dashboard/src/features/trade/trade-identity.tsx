import { Check, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { TradeDetail } from "@/api/types";
import { definitionOf } from "@/lib/view-models/definitions";
import { quantity, UNKNOWN, usd } from "@/lib/view-models/format-number";
import { type Identity, identityOf } from "@/lib/view-models/identity";
import { Delta } from "@/ui/delta";

/** gross − fees ± funding = net: what one sees adds up, and so does every digit behind it. */
export function TradeIdentity({ detail }: { detail: TradeDetail }) {
  const { position } = detail;
  const open = position.status === "open";
  const identity = identityOf({
    gross: detail.gross_pnl,
    fees: detail.fees_usd,
    fundingPaid: detail.funding_usd,
    net: detail.net_pnl,
  });
  const [gross, fees, funding] = identity.terms;
  const { places } = identity;
  const reported = usd(position.realized_pnl, { signed: true, places });
  // Rounding at the bot, beyond the digits that are shown, is no other figure.
  const differs =
    detail.agrees === false && reported !== usd(identity.net, { signed: true, places });
  return (
    <div className="p-3">
      <dl className="flex flex-wrap items-end gap-x-4 gap-y-2">
        <Part label={open ? "gross so far" : "gross"}>
          <span className="num text-base">{usd(gross?.exact, { places, signed: true })}</span>
        </Part>
        <Part label="fees" operator={fees?.operator}>
          <span className="num text-base">{usd(fees?.exact, { places })}</span>
        </Part>
        <Part
          label={funding?.operator === "+" ? "funding received" : "funding paid"}
          operator={funding?.operator}
        >
          <span className="num text-base">{usd(funding?.exact, { places })}</span>
        </Part>
        <Part label={open ? "net so far" : "net"} operator="=">
          <Delta value={identity.net} as="usd" places={places} className="text-lg" />
        </Part>
        {open && (
          <Part label="unrealized, at the mark">
            <Delta value={position.unrealized_pnl} as="usd" />
          </Part>
        )}
      </dl>
      <Proof identity={identity} />
      {differs && (
        <p className="mt-1 flex items-center gap-1.5 text-sm text-warn">
          <TriangleAlert size={13} aria-hidden />
          The bot reported {reported} as net at the exit, which is another figure.
        </p>
      )}
    </div>
  );
}

type PartProps = { label: string; operator?: string; children: ReactNode };

function Part({ label, operator, children }: PartProps) {
  return (
    <div>
      <dt
        className={`label ${operator ? "pl-6" : ""}`}
        title={definitionOf(label.replace(/ (so far|received|paid)$/, ""))}
      >
        {label}
      </dt>
      <dd className="flex min-h-6 items-center">
        {operator && (
          <>
            <span aria-hidden="true" className="num w-6 text-base text-faint">
              {operator}
            </span>
            <span className="sr-only">{WORDS[operator]}</span>
          </>
        )}
        {children}
      </dd>
    </div>
  );
}

const WORDS: Record<string, string> = { "\u2212": "less", "+": "plus", "=": "makes" };

/** The same digit for digit, and whether it adds up. */
function Proof({ identity }: { identity: Identity }) {
  const { terms, net, holds, difference } = identity;
  const digits = [
    ...terms.map(({ operator, exact }) => `${operator && `${operator} `}${digitsOf(exact)}`),
    `= ${digitsOf(net)}`,
  ].join(" ");
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-2 text-sm">
      <span className="num whitespace-normal! break-words text-faint">{digits}</span>
      {holds === true && (
        <span className="inline-flex items-center gap-1 text-muted">
          <Check size={12} aria-hidden className="text-gain" />
          adds up to the last digit
        </span>
      )}
      {holds === false && (
        <span role="alert" className="inline-flex items-center gap-1 font-semibold text-loss">
          <TriangleAlert size={13} aria-hidden />
          does not add up: {digitsOf(difference)} is unexplained
        </span>
      )}
      {holds === null && (
        <span className="text-muted">cannot be checked: a part of it is not known</span>
      )}
    </p>
  );
}

function digitsOf(exact: string | null): string {
  return exact === null ? UNKNOWN : quantity(exact, 20);
}
