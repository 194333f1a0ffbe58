// Tells the server, in a cookie, in which time zone this browser is, and asks for the times again when it did not know.
(() => {
  "use strict";
  restartix.behaviour("[data-reader-zone]", (element) => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const cookie = `zone=${zone}`;
    if (!zone || zone === element.dataset.readerZone || document.cookie.split("; ").includes(cookie)) return;
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax`;
    if (document.cookie.includes(cookie)) htmx.ajax("GET", location.href, { target: element, swap: "outerHTML" });
  });
})();
