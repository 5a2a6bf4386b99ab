import type { Metadata } from "next";
import { BotScreen } from "@/components/bot-screen";

export const metadata: Metadata = { title: "Bot · Motherhaven" };

export default function Page() {
  return <BotScreen />;
}
