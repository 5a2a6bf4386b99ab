"use client";
import { Eye } from "lucide-react";
import { useShare } from "@/api/queries/use-shares";
import { Moment } from "@/ui/moment";

/** That this page is read by a link, and until when. */
export function ShareBar() {
  const share = useShare();
  if (!share) return null;
  return (
    <div
      role="status"
      className="flex min-h-8 flex-wrap items-center gap-x-2 border-b bg-raised px-3 py-1 text-sm"
    >
      <Eye size={14} aria-hidden />
      Shared view, read only, {share.prompts ? "with" : "without"} prompts and answers. It ends{" "}
      <Moment at={share.expires_at} />
    </div>
  );
}
