import { describe, expect, it } from "vitest";
import { plainHtml } from "./plain-html";

describe("HTML in a model's text", () => {
  it("becomes text where it stands, in blocks and within lines", () => {
    const tree = {
      type: "root",
      children: [
        { type: "html", value: "<script>alert(1)</script>" },
        { type: "paragraph", children: [{ type: "html", value: "<img onerror=x>" }] },
      ],
    };
    plainHtml()(tree);
    expect(tree.children).toEqual([
      { type: "paragraph", children: [{ type: "text", value: "<script>alert(1)</script>" }] },
      { type: "paragraph", children: [{ type: "text", value: "<img onerror=x>" }] },
    ]);
    expect(JSON.stringify(tree)).not.toContain('"html"');
  });
});
