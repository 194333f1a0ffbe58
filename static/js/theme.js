// Light, dark or the system's wish: changes at once, and the same form tells the server, which keeps it in a cookie.
(() => {
  "use strict";
  restartix.behaviour("[data-theme-form]", (form) => {
    form.addEventListener("submit", (event) => {
      const choice = event.submitter && event.submitter.value;
      if (choice === undefined || choice === null) return;
      event.preventDefault();
      const root = document.documentElement;
      if (choice === "system") delete root.dataset.theme;
      else root.dataset.theme = choice;
      form.querySelectorAll("button").forEach((b) => b.toggleAttribute("aria-current", b === event.submitter));
      const body = new URLSearchParams(new FormData(form));
      body.set("theme", choice);
      fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
    });
  });
})();
