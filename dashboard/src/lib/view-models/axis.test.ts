import { describe, expect, it } from "vitest";
import { axisPlaces, axisText } from "./axis";

describe("labels of an axis", () => {
  it("differ from their neighbours however narrow the scale", () => {
    for (const unit of ["usd", "pct", "dd"] as const) {
      for (const height of [1e6, 4000, 90, 3, 0.2, 0.004, 0.00005]) {
        const places = axisPlaces(height, unit);
        const labels = [0, 1, 2, 3, 4, 5].map((at) => axisText((at * height) / 6, unit, places));
        expect(new Set(labels).size, `${unit} ${height}: ${labels}`).toBe(6);
      }
    }
  });

  it("differ among millions and billions too", () => {
    for (const [base, height] of [
      [1e9, 3e6],
      [802e6, 1e5],
      [1_000_000_000, 900],
      [802e6, 2e8],
    ] as const) {
      const places = axisPlaces(height, "usd");
      const labels = [0, 1, 2, 3, 4, 5].map((at) =>
        axisText(base + (at * height) / 6, "usd", places),
      );
      expect(new Set(labels).size, `${base} ${height}: ${labels}`).toBe(6);
    }
  });

  it("are short where the figures are long", () => {
    const places = axisPlaces(120e6, "usd");
    expect(axisText(802_206_717.79, "usd", places)).toBe("$802.21M");
    expect(axisText(-0.5, "pct", 0)).toBe("\u221250\u202f%");
  });
});
