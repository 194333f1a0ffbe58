// j and k (or the arrows inside) walk through rows and slots, Enter opens the row's link.
(() => {
  "use strict";
  let table = null;

  function step(direction) {
    const rows = [...table.tBodies[0].rows];
    if (!rows.length) return;
    const at = rows.findIndex((row) => "active" in row.dataset);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + direction))];
    rows.forEach((row) => { delete row.dataset.active; });
    next.dataset.active = "";
    const link = next.querySelector("a");
    if (link) link.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  restartix.behaviour("table[data-list-keys]", (element) => { table = element; });
  document.addEventListener("keydown", (event) => {
    if (!table || !table.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
    if (restartix.typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });

  restartix.behaviour("[data-arrow-keys]", (group) => {
    const keys = { ArrowRight: 1, ArrowLeft: -1 };
    group.addEventListener("keydown", (event) => {
      if (!(event.key in keys)) return;
      const all = [...group.querySelectorAll("a, button")];
      const next = all[all.indexOf(document.activeElement) + keys[event.key]];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
  });
})();
