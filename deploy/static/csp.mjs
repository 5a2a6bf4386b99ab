// Puts each page's Content-Security-Policy into the page itself, for hosts of static files that
// cannot send a header made at build time:  node deploy/static/csp.mjs dashboard/out
// The Python server needs none of this: it reads csp.json and sends the header. What a <meta>
// cannot say (frame-ancestors) is in the headers of vercel.json and netlify.toml.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const out = process.argv[2];
if (out === undefined) throw new Error("usage: node csp.mjs FOLDER-OF-THE-BUILT-PAGE");
const { files } = JSON.parse(readFileSync(join(out, "csp.json"), "utf8"));

for (const [name, hashes] of Object.entries(files)) {
  const policy = [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(" "),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
  ].join("; ");
  const page = join(out, name);
  const html = readFileSync(page, "utf8");
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}"/>`;
  // Before everything that loads something, or it would not be bound by the policy.
  const bound = html.replace(/<head([^>]*)>/i, (head) => head + meta);
  if (bound === html) throw new Error(`${page} has no <head>`);
  writeFileSync(page, bound);
}
rmSync(join(out, "csp.json"));
console.log(`a policy is in ${Object.keys(files).length} pages`);
