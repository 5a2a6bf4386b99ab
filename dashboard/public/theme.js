// Before the first paint: the theme chosen last, else the system's.
(() => {
  let theme;
  try {
    theme = JSON.parse(localStorage.getItem("motherhaven") || "{}").theme;
  } catch {
    theme = undefined;
  }
  if (theme !== "dark" && theme !== "light") {
    theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  }
  document.documentElement.dataset.theme = theme;
})();
