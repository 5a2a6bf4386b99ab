"use client";
import { type ComponentType, type ReactNode, useEffect, useState } from "react";

/**
 * A part of the page that is loaded when it is first shown. The files of an open page are gone
 * when its server is renewed, or out of reach when it is away: then the part says so and the rest
 * of the page goes on.
 */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  meanwhile: (props: P) => ReactNode = () => null,
  otherwise: (props: P) => ReactNode = () => (
    <div className="fixed inset-x-3 bottom-3 z-40 border border-line-strong">
      <NotLoaded />
    </div>
  ),
): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [Part, setPart] = useState(() => loaded);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (part) => {
          loaded = part;
          setPart(() => part);
        },
        () => setFailed(true),
      );
    }, []);
    if (Part) return <Part {...props} />;
    return failed ? otherwise(props) : meanwhile(props);
  };
}

/** What stands in the place of a part that could not be loaded. */
export function NotLoaded() {
  return (
    <p role="alert" className="bg-surface p-3 text-sm text-warn">
      This part of the page could not be loaded: the server was renewed or is away.{" "}
      <button
        type="button"
        onClick={() => window.location.reload()}
        className="target text-accent underline underline-offset-2"
      >
        Load the page again
      </button>
    </p>
  );
}
