// From a search field into what it found: the arrow down or Enter goes to the first choice and takes it, so that a
// patient is found and chosen without the mouse. Enter waits for an answer that is still on its way.
(() => {
  "use strict";
  restartix.behaviour("[data-found-keys]", (field) => {
    let waiting = false;
    const first = () => document.querySelector(`${field.dataset.foundKeys} input[type=radio]`);

    function take() {
      const choice = first();
      if (!choice) return;
      choice.focus();
      if (!choice.checked) choice.click();
    }

    field.addEventListener("input", () => { waiting = true; });
    document.addEventListener("htmx:afterSettle", (event) => {
      const asked = event.detail.requestConfig;
      if (!asked || asked.elt !== field) return;
      if (waiting === "take") take();
      waiting = false;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      if (event.isComposing) return;
      event.preventDefault();
      if (waiting) waiting = "take"; else take();
    });
  });
})();
