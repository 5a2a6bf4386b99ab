import { CopyButton } from "./copy-button";

/** A command to run elsewhere, ready to copy. */
export function CommandLine({ text }: { text: string }) {
  return (
    <div className="flex items-start gap-2">
      <code className="min-w-0 flex-1 whitespace-pre-wrap [overflow-wrap:anywhere] rounded-sm border bg-bg p-2 font-mono text-muted text-sm">
        {text}
      </code>
      <CopyButton text={text} label="Copy" />
    </div>
  );
}
