// The slide-over on the right: takes focus when it is filled, Escape or "close" empties it, focus goes back to what opened it,
// or to what stands in its place since the page was renewed.
(() => {
  "use strict";
  let opener = null;

  function close(slot) {
    slot.replaceChildren();
    delete slot.dataset.shows;
    const back = opener && (opener.isConnected ? opener : opener.id && document.getElementById(opener.id));
    if (back) back.focus({ preventScroll: true });
    opener = null;
  }

  restartix.behaviour("#panel", (slot) => {
    const note = (target, elt) => {
      if (target !== slot || slot.contains(elt) || elt === document.body) return;
      // A letter presses a link that nobody sees: focus then goes back to where it was.
      opener = elt.closest("[aria-hidden=true]") ? document.activeElement : elt;
    };
    document.addEventListener("htmx:beforeRequest", (event) => note(event.detail.target, event.detail.elt));
    // An answer may choose the panel by itself, as that of a visit dragged to where it cannot be.
    document.addEventListener("htmx:beforeSwap", (event) => note(event.detail.target, event.detail.requestConfig.elt));
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
    const slot = panel.closest("#panel");
    // Something else is read from its beginning; the same thing, changed by a step, stays where it was read.
    if (slot && title && slot.dataset.shows !== title.textContent) {
      slot.dataset.shows = title.textContent;
      slot.scrollTop = 0;
    }
    if (title && slot && !panel.querySelector("[data-focus]")) title.focus({ preventScroll: true });
  });
})();
