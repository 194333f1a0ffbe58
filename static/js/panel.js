// The slide-over on the right: takes focus when it is filled, Escape or "close" empties it, focus goes back to what opened it.
(() => {
  "use strict";
  let opener = null;

  function close(slot) {
    slot.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
    opener = null;
  }

  restartix.behaviour("#panel", (slot) => {
    document.addEventListener("htmx:beforeRequest", (event) => {
      const target = event.detail.target;
      if (target === slot && !slot.contains(event.detail.elt)) opener = event.detail.elt;
    });
    slot.addEventListener("click", (event) => {
      if (!event.target.closest("[data-panel-close]")) return;
      event.preventDefault();
      close(slot);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !slot.firstElementChild || document.querySelector("dialog[open]")) return;
      close(slot);
    });
    document.addEventListener("panel:close", () => close(slot));
  });

  restartix.behaviour("[data-panel]", (panel) => {
    const title = panel.querySelector("#panel-title");
    if (title && panel.closest("#panel") && !panel.querySelector("[data-focus]")) title.focus({ preventScroll: true });
  });
})();
