// Forms: sent once, focus on what is wrong, asked before unsaved words are left, asked before danger.
(() => {
  "use strict";
  restartix.behaviour("[data-focus]", (element) => element.focus());

  restartix.behaviour("[data-submit-once]", (form) => {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
      if (!button) return;
      if (button.getAttribute("aria-busy") === "true") return event.preventDefault();
      // After this task: a disabled or changed button would not be part of what is sent.
      return setTimeout(() => {
        button.setAttribute("aria-busy", "true");
        button.dataset.sent = "";
      });
    });
  });
  const release = (root) => root.querySelectorAll("button[data-sent]").forEach((button) => {
    button.removeAttribute("aria-busy");
    delete button.dataset.sent;
  });
  document.addEventListener("htmx:afterRequest", (event) => release(event.detail.elt.closest("form") || event.detail.elt));
  window.addEventListener("pageshow", () => release(document));

  restartix.behaviour("[data-unsaved]", (form) => {
    const written = () => new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === "string")).toString();
    const first = written();
    let sent = false;
    form.addEventListener("submit", () => { sent = true; });
    window.addEventListener("beforeunload", (event) => {
      if (!sent && form.isConnected && written() !== first) event.preventDefault();
    });
  });

  function ask(form, submitter, proceed) {
    const dialog = document.getElementById("confirm");
    if (!dialog) return proceed();
    dialog.querySelector("[data-confirm-text]").textContent = form.dataset.confirm;
    const yes = dialog.querySelector("[data-confirm-yes]");
    yes.querySelector("span").textContent = form.dataset.confirmLabel || yes.dataset.label;
    // Red warns of what takes something away; what a page offers as its main act is not that.
    const main = Boolean(submitter?.matches(".button-primary, .button-soft"));
    yes.classList.toggle("button-primary", main);
    yes.classList.toggle("button-danger", !main);
    dialog.returnValue = "";
    dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") proceed(); }, { once: true });
    return dialog.showModal();
  }

  // Capture phase: before htmx and before data-submit-once see the event.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-confirm]") || form.dataset.confirmed === "yes") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(form, submitter, () => {
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    });
  }, true);
})();
