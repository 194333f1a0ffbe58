// A visit is dragged to another time or column with the pointer, or its end is drawn out; the server decides. What is
// shown while it is asked is a ghost; its answer renews the page, so a refused move falls back by itself.
(() => {
  "use strict";
  const at = restartix.calendar;
  const SNAP_ROWS = 3; // Quarters of an hour; with Shift every five minutes.
  const FAR = 6; // CSS pixels: less is a click.
  let drag = null;

  function begin(event, link, stretches) {
    const item = link.closest(".event");
    const calendar = link.closest("[data-calendar]");
    if (at.isList(calendar)) return;
    const column = item.closest(".cal-column");
    const start = Number(item.dataset.start);
    const minutes = Number(item.dataset.minutes);
    drag = { link, item, calendar, column, from: column, start, minutes, stretches, was: { start, minutes }, x: event.clientX, y: event.clientY, grip: event.clientY - item.getBoundingClientRect().top, pointer: event.pointerId, ghost: null };
  }

  function lift() {
    drag.ghost = at.ghost(drag.calendar, drag.item);
    drag.calendar.setPointerCapture(drag.pointer);
    at.busy = drag;
  }

  const over = (x) => at.columns(drag.calendar).find((one) => { const box = one.getBoundingClientRect(); return x >= box.left && x < box.right; });

  function row(event, column, grip) {
    const step = event.shiftKey ? 1 : SNAP_ROWS;
    const raw = (event.clientY - grip - column.querySelector(".cal-rows").getBoundingClientRect().top) / at.height(column);
    return Math.max(0, Math.round(raw / step) * step);
  }

  function follow(event) {
    const first = Number(drag.calendar.dataset.dayStart);
    if (drag.marks) {
      const end = first + Math.max(1, Math.round(rowOf(event, drag.column) / SNAP_ROWS)) * SNAP_ROWS * at.ROW_MIN;
      drag.minutes = Math.max(SNAP_ROWS * at.ROW_MIN, end - drag.start);
    } else if (drag.stretches) {
      const end = first + row(event, drag.column, 0) * at.ROW_MIN;
      drag.minutes = Math.max(at.ROW_MIN, end - drag.start);
    } else {
      const column = over(event.clientX);
      if (!column) return;
      drag.column = column;
      drag.start = first + row(event, column, drag.grip) * at.ROW_MIN;
    }
    at.draw(drag.ghost, drag.column, drag.start, drag.minutes);
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
    if (done && done.marks && !done.ghost && sent && done.closed) return ask(done);
    if (!done || !done.ghost) return undefined;
    // The click that follows the release must not open the visit.
    const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
    document.addEventListener("click", swallow, true);
    setTimeout(() => {
      document.removeEventListener("click", swallow, true);
      at.busy = null;
      at.released();
    });
    if (done.marks) {
      at.clear(done.calendar, done.ghost, null);
      return sent ? ask(done) : undefined;
    }
    const same = done.start === done.was.start && done.column === done.from && done.minutes === done.was.minutes;
    const clear = () => at.clear(done.calendar, done.ghost, done.item);
    if (!sent || same) return clear();
    delete done.calendar.dataset.dragging;
    done.ghost.classList.add("is-sent");
    return done.stretches ? at.stretch(done.link, done.minutes, clear) : at.move(done.link, done.column, done.start, clear);
  }

  // A stretch drawn over empty time, or a click on closed time, asks what can be done with it.
  function mark(event, rows) {
    const calendar = rows.closest("[data-calendar]");
    if (!calendar.dataset.timeUrl || at.isList(calendar)) return;
    const column = rows.closest(".cal-column");
    const start = Number(calendar.dataset.dayStart) + Math.floor(rowOf(event, column) / SNAP_ROWS) * SNAP_ROWS * at.ROW_MIN;
    const closed = !event.target.closest("a");
    drag = { marks: true, closed, calendar, column, start, minutes: 2 * SNAP_ROWS * at.ROW_MIN, x: event.clientX, y: event.clientY, pointer: event.pointerId, ghost: null, item: null };
  }

  const rowOf = (event, column) => (event.clientY - column.querySelector(".cal-rows").getBoundingClientRect().top) / at.height(column);

  function ask(done) {
    const values = { day: at.dateOf(done.column), time: at.clock(done.start), until: at.clock(Math.min(done.start + done.minutes, 1439)) };
    if (done.column.dataset.room || done.column.dataset.device) values.room = done.column.dataset.room || done.column.dataset.device;
    else values.specialist = at.whoOf(done.column);
    htmx.ajax("GET", done.calendar.dataset.timeUrl, { target: "#panel", swap: "innerHTML", values });
  }

  restartix.behaviour("[data-calendar]", (calendar) => {
    calendar.addEventListener("dragstart", (event) => event.preventDefault());
    calendar.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch" || at.busy) return;
      const handle = event.target.closest("[data-stretch]");
      const link = handle ? handle.closest(".event").querySelector("a") : event.target.closest("[data-move-url]");
      const rows = event.target.closest(".cal-rows");
      if (link) begin(event, link, Boolean(handle));
      else if (rows && !event.target.closest("a:not(.cal-free)")) mark(event, rows);
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
})();
