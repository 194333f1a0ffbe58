// Where a time lies in the calendar, and sending a visit there: what dragging and picking up by keyboard have in common.
(() => {
  "use strict";
  const ROW_MIN = 5;
  const pad = (number) => String(number).padStart(2, "0");
  const clock = (minute) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;

  function ghost(calendar, item) {
    const drawn = document.createElement("li");
    drawn.className = "cal-ghost";
    if (item) item.classList.add("is-dragged");
    calendar.dataset.dragging = "";
    return drawn;
  }

  function draw(drawn, column, start, minutes) {
    const first = Number(column.closest("[data-calendar]").dataset.dayStart);
    const rows = column.querySelector(".cal-rows");
    drawn.style.gridRow = `${Math.floor((start - first) / ROW_MIN) + 1} / span ${Math.max(1, Math.round(minutes / ROW_MIN))}`;
    drawn.textContent = `${clock(start)}–${clock(start + minutes)}`;
    if (drawn.parentElement !== rows) rows.append(drawn);
  }

  function clear(calendar, drawn, item) {
    delete calendar.dataset.dragging;
    drawn.remove();
    if (item) item.classList.remove("is-dragged");
  }

  // The page is renewed again once nothing is on the move.
  const released = () => document.body.dispatchEvent(new Event("calendar:released"));
  const dateOf = (column) => column.dataset.day || column.closest("[data-day]").dataset.day;
  const whoOf = (column) => (column.dataset.specialist === undefined ? column.dataset.column : column.dataset.specialist);

  function post(url, link, values, done) {
    htmx.ajax("POST", url, { source: link, target: link, swap: "none", values: { version: link.dataset.version, ...values } }).finally(done);
  }

  restartix.calendar = {
    ROW_MIN, clock, ghost, draw, clear, released, dateOf, whoOf,
    columns: (calendar) => [...calendar.querySelectorAll(".cal-column")],
    height: (column) => parseFloat(getComputedStyle(column.querySelector(".cal-rows")).gridAutoRows),
    // The list of a phone has no times to drop on.
    isList: (calendar) => getComputedStyle(calendar).flexDirection === "column",
    move(link, column, minute, done) {
      const values = { day: dateOf(column), time: clock(minute), specialist: whoOf(column) };
      if (column.dataset.room) values.room = column.dataset.room;
      post(link.dataset.moveUrl, link, values, done);
    },
    stretch: (link, minutes, done) => post(link.dataset.lengthUrl, link, { minutes }, done),
    busy: null,
  };

  // Nothing is renewed under a moving hand, neither by a change told meanwhile nor by one asked for before; but afterwards.
  let waiting = false;
  function later(event) {
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    document.body.addEventListener("calendar:released", () => {
      waiting = false;
      htmx.trigger(document.body, "live:appointments");
    }, { once: true });
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (restartix.calendar.busy && event.detail.elt.matches("[data-day][hx-get]")) later(event);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (restartix.calendar.busy && event.detail.target.matches("[data-day][hx-get]")) later(event);
  });

  restartix.behaviour("[data-print]", (link) => {
    link.addEventListener("click", (event) => { event.preventDefault(); window.print(); });
  });
})();
