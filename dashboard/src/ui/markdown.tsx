"use client";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import { plainHtml } from "./plain-html";

/** No pictures, no forms, and links to nothing but https. */
const SCHEMA = {
  ...defaultSchema,
  tagNames: defaultSchema.tagNames?.filter(
    (tag) => !["img", "input", "picture", "source"].includes(tag),
  ),
  protocols: { href: ["https"] },
};

const COMPONENTS: Components = {
  a: ({ href, children }) =>
    href?.startsWith("https://") ? (
      <a
        href={href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        className="text-accent underline underline-offset-2"
      >
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
};

/** Text of a model as text: its Markdown is set, its HTML stays letters. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="prose-text max-w-[72ch] break-words" dir="auto">
      <ReactMarkdown
        remarkPlugins={[plainHtml]}
        rehypePlugins={[[rehypeSanitize, SCHEMA]]}
        components={COMPONENTS}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
