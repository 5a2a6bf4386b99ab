/** How long after Back the place may take to appear, in milliseconds. */
const PATIENCE = 5000;

/**
 * Back gives the focus back to where it stood at that address, so that the keyboard goes on from
 * the row or the link that led away. Returns what ends it.
 */
export function returnFocus(): () => void {
  const stood = new Map<string, string>();
  let stop = () => {};

  const note = ({ target }: FocusEvent) => {
    stop();
    const place = target instanceof Element ? selectorOf(target) : null;
    if (place) stood.set(window.location.href, place);
  };
  const back = () => {
    stop();
    const place = stood.get(window.location.href);
    if (place) stop = focusWhenThere(place);
  };
  const end = () => stop();
  document.addEventListener("focusin", note);
  window.addEventListener("popstate", back);
  window.addEventListener("keydown", end, true);
  window.addEventListener("pointerdown", end, true);
  return () => {
    stop();
    document.removeEventListener("focusin", note);
    window.removeEventListener("popstate", back);
    window.removeEventListener("keydown", end, true);
    window.removeEventListener("pointerdown", end, true);
  };
}

/** What finds an element again after its screen was drawn anew; null where nothing does. */
export function selectorOf(element: Element): string | null {
  const decision = element.getAttribute("data-decision");
  if (decision) return `[data-decision="${CSS.escape(decision)}"]`;
  const label = element.closest("[aria-label]:is(section, aside, nav, table, article)");
  const scope = label
    ? `[aria-label="${CSS.escape(label.getAttribute("aria-label") ?? "")}"] `
    : "";
  const href = element.getAttribute("href");
  return href ? `${scope}a[href="${CSS.escape(href)}"]` : null;
}

/** Focuses the first visible match as soon as there is one and nothing else has the focus. */
function focusWhenThere(selector: string): () => void {
  const attempt = () => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const found = [...document.querySelectorAll<HTMLElement>(selector)];
    const place = found.find((one) => one.checkVisibility());
    place?.focus();
  };
  const watcher = new MutationObserver(attempt);
  watcher.observe(document.body, { childList: true, subtree: true });
  const timer = setTimeout(() => watcher.disconnect(), PATIENCE);
  attempt();
  return () => {
    clearTimeout(timer);
    watcher.disconnect();
  };
}
