import { describe, expect, it } from "vitest";
import { accountRow, botRow } from "./fixtures";
import { checksOf, readBackOf, type Seen } from "./selftest";

const well: Seen = {
  session: { access: "open", signed_in: false },
  sessionFailed: false,
  ready: true,
  phase: "live",
  way: "worker",
  lastEventAge: 400,
  skew: 0,
};
const states = (change: Partial<Seen>) => checksOf({ ...well, ...change }).map((one) => one.state);

describe("the page's own checks", () => {
  it("pass when the server answers, streams and has the right time", () => {
    expect(states({})).toEqual(["ok", "ok", "ok", "ok"]);
  });

  it("fail one by one", () => {
    expect(states({ sessionFailed: true, session: undefined })[0]).toBe("bad");
    expect(states({ session: { access: "key", signed_in: false } })[0]).toBe("bad");
    expect(states({ ready: false })[1]).toBe("bad");
    expect(states({ phase: "offline" })[2]).toBe("bad");
    expect(states({ skew: -60_000 })[3]).toBe("bad");
  });

  it("wait while nothing is known", () => {
    const unknown = { session: undefined, ready: null, phase: "connecting" as const };
    expect(states(unknown)).toEqual(["waiting", "waiting", "waiting", "ok"]);
  });

  it("tell which way a clock is wrong", () => {
    expect(checksOf({ ...well, skew: 60_000 })[3]?.says).toContain("behind the server");
    expect(checksOf({ ...well, skew: -60_000 })[3]?.says).toContain("ahead of the server");
  });
});

describe("reading back the integration test", () => {
  it("finds nothing before it has run", () => {
    expect(readBackOf([botRow({ id: "a", name: "claude" })])).toEqual([]);
  });

  it("names what did not arrive", () => {
    const bot = botRow({ id: "t", name: "integration-test", account: accountRow("t", "1", null) });
    const checks = readBackOf([bot]);
    expect(checks.map((one) => [one.name, one.state])).toEqual([
      ["Status", "bad"],
      ["Decisions", "bad"],
      ["Account", "ok"],
      ["Positions", "bad"],
    ]);
  });
});
