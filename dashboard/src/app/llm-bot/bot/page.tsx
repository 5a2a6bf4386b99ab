import type { Metadata } from "next";
import { BotScreen } from "@/features/bot/bot-screen";

export const metadata: Metadata = { title: "Bot · Motherhaven" };

export default function Page() {
  return <BotScreen />;
}
