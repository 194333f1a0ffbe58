// From a search field into what it found: the arrow down or Enter goes to the first choice and takes it, so that a
// patient is found and chosen without the mouse. Enter waits for an answer that is still on its way.
(() => {
  "use strict";
  // Fields whose answer is on its way: "asked", or "take" where its first choice shall be taken.
  const waiting = new WeakMap();

  function take(field) {
    const choice = document.querySelector(`${field.dataset.foundKeys} input[type=radio]`);
    if (!choice) return;
    choice.focus();
    if (!choice.checked) choice.click();
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.detail.requestConfig;
    const field = asked && asked.elt;
    if (!waiting.has(field)) return;
    if (waiting.get(field) === "take") take(field);
    waiting.delete(field);
  });

  restartix.behaviour("[data-found-keys]", (field) => {
    field.addEventListener("input", () => { waiting.set(field, "asked"); });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      if (event.isComposing) return;
      event.preventDefault();
      if (waiting.has(field)) waiting.set(field, "take"); else take(field);
    });
  });
})();
