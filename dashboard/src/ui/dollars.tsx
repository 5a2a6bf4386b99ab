import { usd, usdShort } from "@/lib/view-models/format-number";
import { Delta, Flash } from "./delta";

type Props = { value: string | null | undefined; delta?: boolean };

/** Dollars in full where there is room, from a million on in short on a phone. */
export function Dollars({ value, delta = false }: Props) {
  const full = usd(value);
  const brief = usdShort(value);
  if (full === brief) return delta ? <Delta value={value} as="usd" /> : <Flash text={full} />;
  return (
    <>
      <span className="max-md:hidden">
        {delta ? <Delta value={value} as="usd" /> : <Flash text={full} />}
      </span>
      <span className="md:hidden" title={full}>
        {delta ? <Delta value={value} as="usd" short /> : <Flash text={brief} />}
      </span>
    </>
  );
}
