"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** The page lives at /llm-bot, where the guide says it is. */
export default function Home() {
  const router = useRouter();
  useEffect(() => router.replace("/llm-bot"), [router]);
  return (
    <p className="p-4">
      <a href="/llm-bot" className="text-accent underline">
        Motherhaven is at /llm-bot
      </a>
    </p>
  );
}
