// Writes name.br beside every text file of the export that gets smaller by it, so that the
// server sends it as it is to a browser that takes Brotli, and compresses nothing itself.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const out = process.argv[2] ?? fileURLToPath(new URL("../out", import.meta.url));
const TEXT = /\.(?:css|html|ico|js|json|mjs|svg|txt|webmanifest)$/;
const LEAST_BYTES = 1024;

/** @param {string} folder @returns {string[]} */
const texts = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return texts(path);
    return TEXT.test(entry.name) && entry.name !== "csp.json" ? [path] : [];
  });

let before = 0;
let after = 0;
for (const path of texts(out)) {
  const content = readFileSync(path);
  if (content.length < LEAST_BYTES) continue;
  const packed = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 },
  });
  if (packed.length > content.length * 0.9) continue;
  writeFileSync(`${path}.br`, packed);
  before += content.length;
  after += packed.length;
}
const kib = (/** @type {number} */ bytes) => Math.round(bytes / 1024);
console.log(`compressed ${kib(before)} KiB of text to ${kib(after)} KiB`);
