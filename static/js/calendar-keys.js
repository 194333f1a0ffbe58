// One letter does what a link or button of the page does (data-key), wherever nothing is being typed. A form that only
// chooses what is shown sends itself (data-send-on-change).
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (restartix.typing(event.target) || document.querySelector("dialog[open]")) return;
    const all = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === event.key);
    // Of several toasts the newest is meant.
    const target = all.find((one) => !one.closest("#toasts")) || all.pop();
    if (!target) return;
    event.preventDefault();
    target.click();
  });

  restartix.behaviour("[data-send-on-change]", (form) => {
    form.addEventListener("change", () => { if (form.checkValidity()) form.requestSubmit(); });
  });
})();
