// The day calendar by keyboard: arrows move between visits and free times, up and down in a column, left and right to the
// same time next door. The line of the current time moves on; the first view shows it.
(() => {
  "use strict";
  const FIVE_MINUTES = 300000;
  let kept = null;
  const cells = (column) => [...column.querySelectorAll(".cal-rows a")];

  function nearest(column, top) {
    return cells(column).sort((a, b) => Math.abs(a.getBoundingClientRect().top - top) - Math.abs(b.getBoundingClientRect().top - top))[0];
  }

  function target(calendar, from, key) {
    const column = from.closest(".cal-column");
    const columns = [...calendar.querySelectorAll(".cal-column")];
    const inOrder = cells(column).sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
    if (key === "ArrowDown") return inOrder[inOrder.indexOf(from) + 1];
    if (key === "ArrowUp") return inOrder[inOrder.indexOf(from) - 1];
    const next = columns[columns.indexOf(column) + (key === "ArrowRight" ? 1 : -1)];
    return next && nearest(next, from.getBoundingClientRect().top);
  }

  restartix.behaviour("[data-calendar]", (calendar) => {
    calendar.addEventListener("keydown", (event) => {
      if (!/^Arrow/.test(event.key)) return;
      const from = document.activeElement;
      const next = calendar.contains(from) && from.matches("a") ? target(calendar, from, event.key) : calendar.querySelector(".cal-rows a");
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
    const line = calendar.querySelector("[data-now]");
    const name = calendar.getAttribute("aria-label");
    if (kept && kept.name === name) Object.assign(calendar, { scrollTop: kept.top, scrollLeft: kept.left });
    else if (line) calendar.scrollTop = line.getBoundingClientRect().top - calendar.getBoundingClientRect().top - calendar.clientHeight / 2;
    // The same day renewed by a change of others stays where the reader has scrolled it.
    calendar.addEventListener("scroll", () => { kept = { name, top: calendar.scrollTop, left: calendar.scrollLeft }; }, { passive: true });
    const timer = setInterval(() => {
      if (!calendar.isConnected) return clearInterval(timer);
      return calendar.querySelectorAll("[data-now]").forEach((now) => {
        now.className = now.className.replace(/r-(\d+)/, (_, row) => `r-${Number(row) + 1}`);
      });
    }, FIVE_MINUTES);
  });
})();
