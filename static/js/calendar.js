// The day calendar by keyboard: one stop of the Tab key, arrows move between visits and free times, up and down in a column,
// left and right to the same time next door, Home and End to the ends of a column. Whatever is renewed under the reader keeps
// the place and the scroll.
(() => {
  "use strict";
  let scrolled = null;
  let last = null; // {name, id, column, start, held}: where the reader was, and whether the keyboard is there now.
  const cells = (column) => [...column.querySelectorAll(".cal-rows a")];
  const columns = (calendar) => [...calendar.querySelectorAll(".cal-column")];
  const top = (element) => element.getBoundingClientRect().top;

  function nearest(column, y) {
    let found = null;
    let least = Infinity;
    for (const one of cells(column)) {
      const far = Math.abs(top(one) - y);
      if (far < least) [found, least] = [one, far];
    }
    return found;
  }

  // The next column to that side in which there is anything.
  function beside(calendar, column, y, step) {
    const all = columns(calendar);
    for (let at = all.indexOf(column) + step; all[at]; at += step) {
      const found = nearest(all[at], y);
      if (found) return found;
    }
    return null;
  }

  function target(calendar, from, key) {
    const column = from.closest(".cal-column");
    if (key === "ArrowLeft") return beside(calendar, column, top(from), -1);
    if (key === "ArrowRight") return beside(calendar, column, top(from), 1);
    const inOrder = cells(column).map((one) => [top(one), one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
    const at = inOrder.indexOf(from);
    return { ArrowDown: inOrder[at + 1], ArrowUp: inOrder[at - 1], Home: inOrder[0], End: inOrder[inOrder.length - 1] }[key];
  }

  const nameOf = (calendar) => calendar.getAttribute("aria-label");
  const startOf = (cell) => top(cell) - top(cell.closest(".cal-rows"));

  function remember(calendar, cell) {
    last = { name: nameOf(calendar), id: cell.id, column: cell.closest(".cal-column").dataset.column, start: startOf(cell), held: true };
  }

  function again(calendar) {
    if (!last || last.name !== nameOf(calendar)) return null;
    const same = last.id && document.getElementById(last.id);
    if (same && calendar.contains(same)) return same;
    const column = columns(calendar).find((one) => one.dataset.column === last.column);
    return column && nearest(column, top(column.querySelector(".cal-rows")) + last.start);
  }

  // Where Tab arrives first: where the reader was, else what is now, else the first of the day.
  function first(calendar) {
    const line = calendar.querySelector("[data-now]");
    return again(calendar) || (line && nearest(line.closest(".cal-column"), top(line))) || calendar.querySelector(".cal-rows a");
  }

  function rove(calendar, to) {
    calendar.querySelectorAll(".cal-rows a[tabindex='0']").forEach((one) => { one.tabIndex = -1; });
    to.tabIndex = 0;
  }

  function onKey(calendar, event) {
    if (!/^Arrow|^Home$|^End$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    const from = document.activeElement;
    const next = calendar.contains(from) && from.matches(".cal-rows a") ? target(calendar, from, event.key) : first(calendar);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  function place(calendar) {
    const line = calendar.querySelector("[data-now]");
    if (scrolled && scrolled.name === nameOf(calendar)) Object.assign(calendar, { scrollTop: scrolled.top, scrollLeft: scrolled.left });
    else if (line) calendar.scrollTop = top(line) - top(calendar) - calendar.clientHeight / 2;
    calendar.addEventListener("scroll", () => { scrolled = { name: nameOf(calendar), top: calendar.scrollTop, left: calendar.scrollLeft }; }, { passive: true });
  }

  restartix.behaviour("[data-calendar]", (calendar) => {
    place(calendar);
    const stop = first(calendar);
    if (stop) {
      // The one stop of the Tab key makes the region scroll too, which therefore needs none of its own.
      calendar.removeAttribute("tabindex");
      calendar.querySelectorAll(".cal-rows a").forEach((one) => { one.tabIndex = -1; });
      const lost = last && last.held && document.activeElement === document.body && again(calendar);
      rove(calendar, calendar.contains(document.activeElement) ? document.activeElement : stop);
      // The visit under the keyboard is gone: what stands nearest takes its place.
      if (lost) lost.focus({ preventScroll: true });
    }
    calendar.addEventListener("focusin", (event) => {
      if (!event.target.matches(".cal-rows a")) return;
      rove(calendar, event.target);
      remember(calendar, event.target);
    });
    calendar.addEventListener("focusout", (event) => { if (last && event.relatedTarget) last.held = calendar.contains(event.relatedTarget); });
    calendar.addEventListener("keydown", (event) => onKey(calendar, event));
  });
  document.addEventListener("pointerdown", () => { if (last) last.held = false; }, true);

  // A month's dates: one stop, arrows by day and week, Home and End to the ends of a week.
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  restartix.behaviour("[data-month]", (month) => {
    const dates = [...month.querySelectorAll("td a")];
    const rest = (to) => dates.forEach((one) => { one.tabIndex = one === to ? 0 : -1; });
    rest(dates.find((one) => one === document.activeElement) || month.querySelector("[aria-current]") || month.querySelector("td:not(.is-outside) a"));
    month.addEventListener("focusin", (event) => { if (dates.includes(event.target)) rest(event.target); });
    month.addEventListener("keydown", (event) => {
      const at = dates.indexOf(document.activeElement);
      if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      const week = at - (at % 7);
      const to = { ...Object.fromEntries(Object.entries(STEPS).map(([key, step]) => [key, at + step])), Home: week, End: week + 6 }[event.key];
      if (!dates[to]) return;
      event.preventDefault();
      dates[to].focus();
    });
  });
})();
