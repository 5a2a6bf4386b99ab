// Writes out/csp.json: the SHA-256 of every inline script of the export, for the server's
// Content-Security-Policy header. "script-src" is the union, "files" holds those of each page.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const out = process.argv[2] ?? fileURLToPath(new URL("../out", import.meta.url));

/** @param {string} folder @returns {string[]} */
const pages = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith(".html") ? [path] : [];
  });

/** @param {string} html */
const inlineScripts = (html) =>
  [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script\s*>/gi)]
    .filter(([, attributes]) => !/\ssrc\s*=/i.test(attributes))
    .map(([, , body]) => body);

/** @param {string} text */
const hashed = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

const files = {};
for (const page of pages(out).sort()) {
  const html = readFileSync(page, "utf8");
  if (/\son[a-z]+\s*=\s*["']/i.test(html.replace(/<script[\s\S]*?<\/script\s*>/gi, ""))) {
    throw new Error(`${page} has an inline event handler, which no script hash can allow`);
  }
  files[relative(out, page).replaceAll("\\", "/")] = [...new Set(inlineScripts(html).map(hashed))];
}
const union = [...new Set(Object.values(files).flat())].sort();
if (union.length === 0)
  throw new Error(`no inline script found below ${out}: is the export complete?`);
writeFileSync(
  join(out, "csp.json"),
  `${JSON.stringify({ "script-src": union, files }, null, 1)}\n`,
);
console.log(`csp.json: ${union.length} inline scripts in ${Object.keys(files).length} pages`);
