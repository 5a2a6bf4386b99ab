type Node = { type: string; value?: string; children?: Node[] };

/** A Markdown plugin: HTML in the text is shown letter for letter instead of vanishing. */
export function plainHtml() {
  return (tree: Node): void => walk(tree);
}

function walk(node: Node): void {
  if (!node.children) return;
  node.children = node.children.map((child) => {
    if (child.type !== "html") {
      walk(child);
      return child;
    }
    const text: Node = { type: "text", value: child.value ?? "" };
    return INLINE.has(node.type) ? text : { type: "paragraph", children: [text] };
  });
}

const INLINE = new Set([
  "paragraph",
  "heading",
  "emphasis",
  "strong",
  "delete",
  "link",
  "tableCell",
]);
