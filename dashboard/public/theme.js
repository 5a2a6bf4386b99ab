// Before the first paint: how this browser was told to show the page, else as the system likes it.
(() => {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("motherhaven") || "{}") || {};
  } catch {
    kept = {};
  }
  const page = document.documentElement.dataset;
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  page.theme =
    kept.theme === "dark" || kept.theme === "light" ? kept.theme : light ? "light" : "dark";
  if (kept.colours === "colour-blind") page.colours = kept.colours;
  if (kept.motion === "reduced") page.motion = kept.motion;
  if (kept.density === "compact") page.density = kept.density;
})();
