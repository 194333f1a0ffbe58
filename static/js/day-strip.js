// Choosing a time: a day, a specialist or a place changes the times in place; the strip of days shows the chosen one.
(() => {
  "use strict";
  restartix.behaviour("[data-day-strip]", (strip) => {
    const chosen = strip.querySelector("[aria-current]");
    if (chosen) strip.scrollLeft = chosen.offsetLeft - (strip.clientWidth - chosen.offsetWidth) / 2;
  });

  // Plain links in the page, so that their addresses travel once; with script they fetch the fragment.
  restartix.behaviour("[data-swap-links]", (part) => {
    part.querySelectorAll("a[href]").forEach((link) => {
      link.setAttribute("hx-get", link.getAttribute("href"));
      link.setAttribute("hx-target", "#picker");
      link.setAttribute("hx-push-url", "true");
    });
    htmx.process(part);
  });
})();
