import type { Metadata } from "next";
import { ErrorsScreen } from "@/components/errors-screen";

export const metadata: Metadata = { title: "Errors · Motherhaven" };

export default function Page() {
  return <ErrorsScreen />;
}
