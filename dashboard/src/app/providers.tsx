"use client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { ApiError } from "@/api/error";
import { returnFocus } from "@/lib/prefs/focus-return";
import { LiveProvider } from "@/live/live-provider";

/** Data stays fresh until the stream says otherwise: nothing is read again by a timer. */
function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 30 * 60_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (failures, error) =>
          failures < 2 &&
          !(error instanceof ApiError && error.status !== null && error.status < 500),
        retryDelay: (attempt) => Math.min(4000, 500 * 2 ** attempt),
      },
    },
  });
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(createQueryClient);
  useEffect(returnFocus, []);
  return (
    <QueryClientProvider client={client}>
      <Suspense>
        <NuqsAdapter>
          <LiveProvider>{children}</LiveProvider>
        </NuqsAdapter>
      </Suspense>
    </QueryClientProvider>
  );
}
