// A visit is dragged to another time or column with the pointer, or its end is drawn out; the server decides. What is
// shown while it is asked is a ghost; its answer renews the page, so a refused move falls back by itself.
// Boxes are measured once, when the visit is lifted, and the ghost is drawn at most once a frame.
(() => {
  "use strict";
  const at = restartix.calendar;
  const SNAP_ROWS = 3; // Quarters of an hour; with Shift every five minutes.
  const FAR = 6; // CSS pixels: less is a click.
  const EDGE = { top: 90, bottom: 40, step: 10 }; // Near the edge of the calendar it scrolls.
  let drag = null;

  function begin(event, link, stretches) {
    const item = link.closest(".event");
    const calendar = link.closest("[data-calendar]");
    if (at.isList(calendar)) return;
    const column = item.closest(".cal-column");
    const start = Number(item.dataset.start);
    const minutes = Number(item.dataset.minutes);
    drag = { link, item, calendar, column, from: column, start, minutes, stretches, was: { start, minutes }, grip: event.clientY - item.getBoundingClientRect().top, ...pressed(event) };
  }

  const pressed = (event) => ({ x: event.clientX, y: event.clientY, pressed: { x: event.clientX, y: event.clientY }, fine: event.shiftKey, pointer: event.pointerId, ghost: null, frame: 0 });

  // Where everything lies in the calendar's content, so that scrolling changes nothing of it.
  function measure(calendar) {
    const box = calendar.getBoundingClientRect();
    const columns = at.columns(calendar);
    const rows = columns[0].querySelector(".cal-rows");
    return {
      box, row: at.height(columns[0]), first: Number(calendar.dataset.dayStart),
      top: rows.getBoundingClientRect().top + calendar.scrollTop,
      columns: columns.map((column) => {
        const { left, right } = column.getBoundingClientRect();
        return { column, left: left + calendar.scrollLeft, right: right + calendar.scrollLeft };
      }),
    };
  }

  function lift() {
    // Renewed between the press and the first move: there is nothing to lift any more.
    if (!(drag.item || drag.column).isConnected) return false;
    drag.map = measure(drag.calendar);
    drag.ghost = at.ghost(drag.calendar, drag.item);
    drag.calendar.setPointerCapture(drag.pointer);
    at.busy = drag;
    return true;
  }

  function over() {
    const x = drag.x + drag.calendar.scrollLeft;
    const found = drag.map.columns.find((one) => x >= one.left && x < one.right);
    return found && found.column;
  }

  const rowsDown = (grip) => (drag.y - grip - drag.map.top + drag.calendar.scrollTop) / drag.map.row;

  function snapped(grip) {
    const step = drag.fine ? 1 : SNAP_ROWS;
    return Math.max(0, Math.round(rowsDown(grip) / step) * step);
  }

  function follow() {
    const first = drag.map.first;
    const before = [drag.column, drag.start, drag.minutes];
    if (drag.marks) {
      const end = first + Math.max(1, Math.round(rowsDown(0) / SNAP_ROWS)) * SNAP_ROWS * at.ROW_MIN;
      drag.minutes = Math.max(SNAP_ROWS * at.ROW_MIN, end - drag.start);
    } else if (drag.stretches) {
      drag.minutes = Math.max(at.ROW_MIN, first + snapped(0) * at.ROW_MIN - drag.start);
    } else {
      drag.column = over() || drag.column;
      drag.start = first + snapped(drag.grip) * at.ROW_MIN;
    }
    const after = [drag.column, drag.start, drag.minutes];
    if (!drag.ghost.isConnected || after.some((one, index) => one !== before[index])) at.draw(drag.ghost, ...after);
  }

  // A frame draws what the pointer did since the last; while it rests near an edge, frames go on scrolling.
  function frame() {
    if (!drag || !drag.ghost) return;
    drag.frame = 0;
    const { box } = drag.map;
    const step = drag.y > box.bottom - EDGE.bottom ? EDGE.step : drag.y < box.top + EDGE.top ? -EDGE.step : 0;
    const was = drag.calendar.scrollTop;
    if (step) drag.calendar.scrollTop += step;
    follow();
    if (step && drag.calendar.scrollTop !== was) next();
  }

  function next() {
    if (!drag.frame) drag.frame = requestAnimationFrame(frame);
  }

  function end(sent) {
    const done = drag;
    if (done && done.ghost) {
      cancelAnimationFrame(done.frame);
      if (sent) follow();
    }
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
    const down = (event.clientY - rows.getBoundingClientRect().top) / at.height(column);
    const start = Number(calendar.dataset.dayStart) + Math.floor(down / SNAP_ROWS) * SNAP_ROWS * at.ROW_MIN;
    const closed = !event.target.closest("a");
    drag = { marks: true, closed, calendar, column, start, minutes: 2 * SNAP_ROWS * at.ROW_MIN, item: null, ...pressed(event) };
  }

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
      Object.assign(drag, { x: event.clientX, y: event.clientY, fine: event.shiftKey });
      if (!drag.ghost && Math.hypot(drag.x - drag.pressed.x, drag.y - drag.pressed.y) < FAR) return;
      if (!drag.ghost && !lift()) drag = null;
      else next();
    });
    calendar.addEventListener("pointerup", (event) => {
      if (drag && event.pointerId === drag.pointer) Object.assign(drag, { x: event.clientX, y: event.clientY, fine: event.shiftKey });
      end(true);
    });
    calendar.addEventListener("pointercancel", () => end(false));
  });
  // Pressed here, let go elsewhere (the page was renewed meanwhile): nothing is held any more.
  document.addEventListener("pointerup", () => { if (drag && !drag.ghost && !drag.calendar.isConnected) drag = null; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && drag && drag.ghost) { event.stopPropagation(); end(false); } }, true);
})();
