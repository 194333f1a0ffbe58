// Menus are <details>: only one is open, a click elsewhere or Escape closes it. Also the navigation of small screens.
(() => {
  "use strict";
  restartix.behaviour("[data-menu]", (menu) => {
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const items = [...menu.querySelectorAll(".menu-list a, .menu-list button")];
      if (!items.length) return;
      event.preventDefault();
      menu.open = true;
      const step = event.key === "ArrowDown" ? 1 : -1;
      const at = items.indexOf(document.activeElement);
      items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length].focus();
    });
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  restartix.behaviour("[data-rail]", (rail) => {
    rail.dataset.enhanced = "";
    const toggle = rail.querySelector("[data-rail-toggle]");
    toggle.addEventListener("click", () => {
      const open = rail.toggleAttribute("data-open");
      toggle.setAttribute("aria-expanded", String(open));
    });
  });
})();
