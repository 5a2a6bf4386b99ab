import Link from "next/link";

export default function NotFound() {
  return (
    <main className="p-6">
      <h1 className="mb-2 font-semibold text-lg">There is no such page</h1>
      <Link href="/llm-bot" prefetch={false} className="text-accent underline underline-offset-2">
        To the Arena
      </Link>
    </main>
  );
}
