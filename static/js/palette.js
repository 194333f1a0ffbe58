// The search box: "/" or Ctrl-K goes there, arrows move through the answers, Enter opens, Escape leaves.
(() => {
  "use strict";
  restartix.behaviour("[data-finder]", (finder) => {
    const input = finder.querySelector("input");
    const links = () => [...finder.querySelectorAll("[data-results] a")];

    function move(step) {
      const all = links();
      if (!all.length) return;
      const from = all.findIndex((link) => "active" in link.dataset);
      const next = all[(from + step + all.length) % all.length];
      all.forEach((link) => { delete link.dataset.active; });
      next.dataset.active = "";
      next.id = "finder-active";
      all.filter((link) => link !== next).forEach((link) => link.removeAttribute("id"));
      input.setAttribute("aria-activedescendant", "finder-active");
      next.scrollIntoView({ block: "nearest" });
    }

    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        const active = finder.querySelector("[data-results] [data-active]") || links()[0];
        if (!active) return;
        event.preventDefault();
        active.click();
      } else if (event.key === "Escape") {
        input.value = "";
        finder.querySelector("[data-finder-results]").replaceChildren();
        input.blur();
      }
    });

    document.addEventListener("keydown", (event) => {
      const palette = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      if (!palette && (event.key !== "/" || event.ctrlKey || event.altKey || restartix.typing(event.target))) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  });
})();
