import type { Metadata } from "next";
import { TradeScreen } from "@/components/trade-screen";

export const metadata: Metadata = { title: "Trade · Motherhaven" };

export default function Page() {
  return <TradeScreen />;
}
