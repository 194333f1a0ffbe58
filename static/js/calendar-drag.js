// A visit is dragged to another time or column with the pointer; the server decides. What is shown while it is asked is a
// ghost; its answer renews the day, so a refused move falls back by itself. Keyboards move a visit from its panel.
(() => {
  "use strict";
  const ROW_MIN = 5;
  const SNAP_ROWS = 3; // Quarters of an hour; with Shift every five minutes.
  const FAR = 6; // CSS pixels: less is a click.
  let drag = null;

  const pad = (number) => String(number).padStart(2, "0");
  const clock = (minute) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;

  function begin(event, link) {
    const item = link.closest(".event");
    const calendar = link.closest("[data-calendar]");
    if (getComputedStyle(calendar).flexDirection === "column") return; // The list of a phone has no times to drop on.
    const box = item.getBoundingClientRect();
    drag = { link, item, calendar, x: event.clientX, y: event.clientY, grip: event.clientY - box.top, pointer: event.pointerId, ghost: null };
  }

  function lift() {
    drag.ghost = document.createElement("li");
    drag.ghost.className = "cal-ghost";
    drag.item.classList.add("is-dragged");
    drag.calendar.dataset.dragging = "";
    drag.calendar.setPointerCapture(drag.pointer);
  }

  function over(x) {
    const columns = [...drag.calendar.querySelectorAll(".cal-column")];
    return columns.find((one) => { const box = one.getBoundingClientRect(); return x >= box.left && x < box.right; });
  }

  function follow(event) {
    const column = over(event.clientX);
    if (!column) return;
    const rows = column.querySelector(".cal-rows");
    const height = parseFloat(getComputedStyle(rows).gridAutoRows);
    const first = Number(drag.calendar.dataset.dayStart);
    const step = event.shiftKey ? 1 : SNAP_ROWS;
    const raw = (event.clientY - drag.grip - rows.getBoundingClientRect().top) / height;
    const row = Math.max(0, Math.round(raw / step) * step);
    drag.minute = first + row * ROW_MIN;
    drag.column = column.dataset.column;
    drag.ghost.style.gridRow = `${row + 1} / span ${Math.max(1, Math.round(Number(drag.item.dataset.minutes) / ROW_MIN))}`;
    drag.ghost.textContent = clock(drag.minute);
    if (drag.ghost.parentElement !== rows) rows.append(drag.ghost);
    scrollNear(event.clientY);
  }

  function scrollNear(y) {
    const box = drag.calendar.getBoundingClientRect();
    if (y > box.bottom - 40) drag.calendar.scrollTop += 12;
    if (y < box.top + 90) drag.calendar.scrollTop -= 12;
  }

  function end(sent) {
    const done = drag;
    drag = null;
    if (!done || !done.ghost) return;
    delete done.calendar.dataset.dragging;
    // The click that follows the release must not open the visit.
    const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
    document.addEventListener("click", swallow, true);
    setTimeout(() => {
      document.removeEventListener("click", swallow, true);
      document.body.dispatchEvent(new Event("calendar:released"));
    });
    const same = done.minute === Number(done.item.dataset.start) && done.column === done.item.closest(".cal-column").dataset.column;
    if (!sent || same || done.column === undefined) { done.ghost.remove(); done.item.classList.remove("is-dragged"); return; }
    done.ghost.classList.add("is-sent");
    const values = { day: done.calendar.closest("[data-day]").dataset.day, time: clock(done.minute), specialist: done.column, version: done.link.dataset.version };
    htmx.ajax("POST", done.link.dataset.moveUrl, { source: done.link, target: done.link, swap: "none", values })
      .finally(() => { done.ghost.remove(); done.item.classList.remove("is-dragged"); });
  }

  restartix.behaviour("[data-calendar]", (calendar) => {
    calendar.addEventListener("dragstart", (event) => event.preventDefault());
    calendar.addEventListener("pointerdown", (event) => {
      const link = event.target.closest("[data-move-url]");
      if (link && event.button === 0 && event.pointerType !== "touch") begin(event, link);
    });
    calendar.addEventListener("pointermove", (event) => {
      if (!drag || event.pointerId !== drag.pointer) return;
      if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
      if (!drag.ghost) lift();
      follow(event);
    });
    calendar.addEventListener("pointerup", () => end(true));
    calendar.addEventListener("pointercancel", () => end(false));
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && drag && drag.ghost) { event.stopPropagation(); end(false); } }, true);
  // Nothing is renewed under a moving hand.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (drag && drag.ghost && event.detail.elt.matches("[data-day]")) {
      event.preventDefault();
      document.body.addEventListener("calendar:released", () => htmx.trigger(document.body, "live:appointments"), { once: true });
    }
  });
})();
