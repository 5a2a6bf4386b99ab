// Hands `npm run dev` over to scripts/dev.py with a Python that is new enough.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./dev.py", import.meta.url));
const test = "import sys; sys.exit(sys.version_info < (3, 11))";
const names = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
const candidates = process.env.PYTHON ? [process.env.PYTHON] : names;
const python = candidates.find(
  (name) => spawnSync(name, ["-c", test], { stdio: "ignore" }).status === 0,
);

if (!python) {
  console.error(
    `[motherhaven] ERROR: no Python 3.11 or newer found (tried ${candidates.join(", ")}). ` +
      "Install one, or name it: PYTHON=/path/to/python3.13 npm run dev",
  );
  process.exit(1);
}

const child = spawn(python, [script, ...process.argv.slice(2)], { stdio: "inherit" });
// Ctrl-C reaches the child by itself; the others are passed on. Either way its end is awaited.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// npm's shell dies of a SIGTERM without passing it on; then this process gets a new parent.
const parent = process.ppid;
setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500).unref();
child.on("exit", (code) => process.exit(code ?? 1));
