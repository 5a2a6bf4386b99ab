import { describe, expect, it } from "vitest";
import { age, clock, day, full, moment, stepText, zoneLabel } from "./format-time";

const NEW_YORK = "America/New_York";

describe("zones", () => {
  it("writes one instant in UTC and in Kolkata", () => {
    const instant = "2026-11-22T20:02:10.250000Z";
    expect(full(instant, "utc")).toBe("2026-11-22 20:02:10 UTC");
    expect(full(instant, "Asia/Kolkata")).toBe("2026-11-23 01:32:10 UTC+5:30");
    expect(day(instant, "Asia/Kolkata", Date.parse(instant))).toBe("23 Nov");
  });

  it("follows the end of summer time: 01:30 comes twice, with two offsets", () => {
    expect(full("2026-11-01T05:30:00Z", NEW_YORK)).toBe("2026-11-01 01:30:00 UTC\u22124");
    expect(full("2026-11-01T06:30:00Z", NEW_YORK)).toBe("2026-11-01 01:30:00 UTC\u22125");
  });

  it("follows the start of summer time: 02:00 to 03:00 does not exist", () => {
    expect(clock("2026-03-08T06:59:59Z", NEW_YORK)).toBe("01:59:59");
    expect(clock("2026-03-08T07:00:00Z", NEW_YORK)).toBe("03:00:00");
    expect(zoneLabel("2026-03-08T07:00:00Z", NEW_YORK)).toBe("UTC\u22124");
  });

  it("writes midnight as 00, not 24", () => {
    expect(clock("2026-11-22T00:00:00Z", "utc")).toBe("00:00:00");
  });
});

describe("moments", () => {
  const now = Date.parse("2026-11-22T15:00:00Z");

  it("leaves today's date out, names other days, and other years", () => {
    expect(moment("2026-11-22T14:02:10Z", "utc", now)).toBe("14:02");
    expect(moment("2018-04-03T14:02:10Z", "utc", now)).toBe("3 Apr 2018 14:02");
    expect(moment("2026-04-03T14:02:10Z", "utc", now)).toBe("3 Apr 14:02");
  });

  it("is a dash where the time is unknown or not a time", () => {
    expect(moment(null, "utc", now)).toBe("—");
    expect(full("yesterday", "utc")).toBe("—");
    expect(age(null)).toBe("—");
    expect(age(Number.NaN)).toBe("—");
  });

  it("writes ages in the unit that fits, and the future as now", () => {
    expect(age(400)).toBe("0.4\u202fs");
    expect(age(12_900)).toBe("12\u202fs");
    expect(age(200_000)).toBe("3\u202fmin");
    expect(age(7_500_000)).toBe("2\u202fh\u202f05");
    expect(age(4 * 86_400_000)).toBe("4\u202fd");
    expect(age(-5000)).toBe("0.0\u202fs");
  });

  it("names steps by the largest unit that fits them wholly", () => {
    expect([30, 60, 300, 5400, 14_400, 86_400].map(stepText)).toEqual([
      "30\u202fs",
      "1\u202fmin",
      "5\u202fmin",
      "90\u202fmin",
      "4\u202fh",
      "1\u202fd",
    ]);
  });
});
