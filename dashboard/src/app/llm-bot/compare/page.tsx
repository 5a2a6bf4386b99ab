import type { Metadata } from "next";
import { CompareScreen } from "@/features/compare/compare-screen";

export const metadata: Metadata = { title: "Compare · Motherhaven" };

export default function Page() {
  return <CompareScreen />;
}
