// Builds the static page the hashes of its inline scripts and what is sent
// compressed, without a word to the network.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

for (const [script, ...args] of [
  [require.resolve("next/dist/bin/next"), "build"],
  [new URL("./csp-hashes.mjs", import.meta.url).pathname],
  [new URL("./compress.mjs", import.meta.url).pathname],
]) {
  const { status, error } = spawnSync(process.execPath, [script, ...args], {
    env,
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
