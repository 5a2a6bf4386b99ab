import type { NextConfig } from "next";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants";

const apiOrigin = process.env.MOTHERHAVEN_API_ORIGIN ?? "http://127.0.0.1:8321";

const shared: NextConfig = {
  agentRules: false,
  devIndicators: false,
  experimental: { agentUpgrade: false },
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run verify` checks the types; a build on the way to the first page need not do it again.
  typescript: { ignoreBuildErrors: true },
};

/** The built page is files only; the development server passes /api on to the Python server. */
export default function config(phase: string): NextConfig {
  if (phase !== PHASE_DEVELOPMENT_SERVER) return { ...shared, output: "export" };
  return {
    ...shared,
    // Compression would hold the event stream back.
    compress: false,
    rewrites: async () => [{ source: "/api/:path*", destination: `${apiOrigin}/api/:path*` }],
  };
}
