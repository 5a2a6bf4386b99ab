import type { Metadata } from "next";
import { DecisionScreen } from "@/features/decision/decision-screen";

export const metadata: Metadata = { title: "Decision · Motherhaven" };

export default function Page() {
  return <DecisionScreen />;
}
