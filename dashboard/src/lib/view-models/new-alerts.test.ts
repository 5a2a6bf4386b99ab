import { describe, expect, it } from "vitest";
import type { Alert } from "./alerts";
import { botRow } from "./fixtures";
import { newAlerts } from "./new-alerts";

const alert = (id: string, level: Alert["level"] = "late"): Alert => ({
  key: `${id} ${level}`,
  bot: botRow({ id }),
  level,
  text: "is late",
  age: null,
});

describe("what is worth a sound", () => {
  it("is nothing that was there when the page was opened", () => {
    expect(newAlerts(null, [alert("a")], [])).toEqual([]);
  });

  it("is each new alert once, but for those acknowledged and records that are behind", () => {
    const known = new Set(["a late"]);
    const now = [alert("a"), alert("b"), alert("c"), alert("d", "behind"), alert("a", "danger")];
    expect(newAlerts(known, now, ["c late"]).map((one) => one.key)).toEqual(["b late", "a danger"]);
  });
});
