import type { Metadata } from "next";
import { SettingsScreen } from "@/components/settings-screen";

export const metadata: Metadata = { title: "Settings · Motherhaven" };

export default function Page() {
  return <SettingsScreen />;
}
