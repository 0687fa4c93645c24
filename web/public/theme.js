// Runs before the first paint so that a dark page never flashes white. Kept as a file of its own, because a content
// security policy without inline scripts would refuse it in the page.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("vivavoce.scheme");
  } catch {
    /* storage may be switched off */
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
