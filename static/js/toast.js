// Toasts leave by themselves (errors and undo stay); a failed request says so in one. Texts come from the template in the layout.
(() => {
  "use strict";
  const LIFETIME = 6000;
  const UNDO_LIFETIME = 20000;

  restartix.behaviour("[data-toast]", (toast) => {
    const close = () => toast.remove();
    toast.querySelector("[data-toast-close]").addEventListener("click", close);
    if (toast.hasAttribute("data-toast-stay")) return;
    let timer;
    const start = () => { timer = setTimeout(close, toast.querySelector("form") ? UNDO_LIFETIME : LIFETIME); };
    const stop = () => clearTimeout(timer);
    toast.addEventListener("mouseenter", stop);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("mouseleave", start);
    toast.addEventListener("focusout", start);
    start();
  });

  function failure(kind) {
    const template = document.getElementById(`toast-${kind}`);
    const region = document.getElementById("toasts");
    if (!template || !region || region.querySelector(`[data-failure="${kind}"]`)) return;
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.dataset.failure = kind;
    region.append(toast);
    htmx.process(toast);
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: toast } }));
  }

  document.addEventListener("htmx:sendError", () => failure("offline"));
  document.addEventListener("htmx:timeout", () => failure("offline"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status >= 500 || status === 400 || status === 403 || status === 404 || status === 429) failure(status === 429 ? "slow" : "error");
  });
})();
