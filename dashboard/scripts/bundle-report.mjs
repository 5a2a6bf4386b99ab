// Prints what a browser loads for each page before it does anything, gzipped, against the limit.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT_KIB = 245;
const out = process.argv[2] ?? fileURLToPath(new URL("../out", import.meta.url));
const screens = existsSync(join(out, "llm-bot")) ? readdirSync(join(out, "llm-bot")).sort() : [];
const pages = ["llm-bot.html", ...screens.map((name) => `llm-bot/${name}`)].filter(
  (page) => page.endsWith(".html") && existsSync(join(out, page)),
);
let worst = 0;
for (const page of pages) {
  const html = readFileSync(join(out, page), "utf8");
  const scripts = [...html.matchAll(/<script\b([^>]*?)\ssrc="([^"]+)"([^>]*)>/g)]
    // Browsers with modules never load the polyfills that are marked nomodule.
    .filter(([, before, , after]) => !/nomodule/i.test(before + after))
    .map(([, , source]) => source.split("?")[0]);
  let bytes = 0;
  for (const source of new Set(scripts)) bytes += gzipSync(readFileSync(join(out, source))).length;
  worst = Math.max(worst, bytes / 1024);
  console.log(`${page}: ${(bytes / 1024).toFixed(1)} KiB of JS, gzipped (${scripts.length} files)`);
}
if (pages.length === 0 || worst > LIMIT_KIB) {
  console.error(
    `initial JS must be at most ${LIMIT_KIB} KiB; the largest page has ${worst.toFixed(1)}`,
  );
  process.exit(1);
}
