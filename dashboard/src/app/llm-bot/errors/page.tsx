import type { Metadata } from "next";
import { ErrorsScreen } from "@/features/errors/errors-screen";

export const metadata: Metadata = { title: "Errors · Motherhaven" };

export default function Page() {
  return <ErrorsScreen />;
}
