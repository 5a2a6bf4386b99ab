import type { Metadata } from "next";
import { TradeScreen } from "@/features/trade/trade-screen";

export const metadata: Metadata = { title: "Trade · Motherhaven" };

export default function Page() {
  return <TradeScreen />;
}
