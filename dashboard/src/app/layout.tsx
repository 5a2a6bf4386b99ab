import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import "@/fonts/fonts.css";
import "./globals.css";
import { Providers } from "./providers";

export const metadata: Metadata = {
  title: "Motherhaven",
  description: "The flight recorder, the guard and the window for LLM trading bots",
  icons: { icon: "/icon.svg" },
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" data-theme="dark" suppressHydrationWarning>
      <head>
        {/* Runs before the first paint; a file of its own, so that no inline script is ours. */}
        <script src="/theme.js" />
      </head>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
