"use client";
import { holdName } from "@/lib/view-models/hold";
import { PickOne } from "@/ui/pick-one";

type Props = {
  coins: readonly string[];
  coin: string | null;
  onPick: (coin: string | null) => void;
};

/** Which coin's line of buying and holding is drawn beside the bots, if any. */
export function HoldPicker({ coins, coin, onPick }: Props) {
  const all = coin && !coins.includes(coin) ? [...coins, coin] : coins;
  if (all.length === 0) return null;
  return (
    <PickOne
      label="Beside buying and holding"
      value={coin ?? ""}
      options={[
        { value: "", text: "no hold line" },
        ...all.map((value) => ({ value, text: holdName(value) })),
      ]}
      onChange={(next) => onPick(next === "" ? null : next)}
    />
  );
}
