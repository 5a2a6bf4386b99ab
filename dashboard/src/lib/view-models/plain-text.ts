/** A table's rule, a fence, or a rule between parts: marks without words. */
const MARKS = /^\s*(?:[|:\-\s]*-{3,}[|:\-\s]*|```.*|~~~.*)\s*$/gm;

/** More characters than these never show on two lines. */
const MOST = 600;

/** Markdown as plain words for a place of one line or two: no marks, no line ends. */
export function plainText(markdown: string): string {
  return markdown
    .slice(0, MOST)
    .replace(MARKS, " ")
    .replace(/^\s{0,3}(?:#{1,6}|>|[-*+]|\d{1,3}[.)])\s+/gm, "")
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
    .replace(/(\*\*|__|~~)(?=\S)([^\n]*?\S)\1/g, "$2")
    .replace(/`([^`\n]+)`/g, "$1")
    .replace(/(^|\s)\*(?=\S)([^*\n]*\S)\*(?=\s|[.,;:!?]|$)/g, "$1$2")
    .replace(/\s*\|\s*/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
