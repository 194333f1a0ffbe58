// The same by keyboard: Space picks a visit up and arrows carry it, Shift with up and down draws its end; Enter sends,
// Escape leaves it. Each step is said aloud.
(() => {
  "use strict";
  const at = restartix.calendar;
  const QUARTER = 15;
  const DAY = 1440;
  let pick = null;

  function say(words) {
    let told = document.getElementById("calendar-said");
    if (!told) {
      told = document.createElement("p");
      told.id = "calendar-said";
      told.className = "visually-hidden";
      told.setAttribute("role", "status");
      document.body.append(told);
    }
    told.textContent = words;
  }

  const nameOf = (column) => column.querySelector("h2").textContent.trim();

  function begin(link, stretches) {
    const item = link.closest(".event");
    const column = item.closest(".cal-column");
    const calendar = link.closest("[data-calendar]");
    const start = Number(item.dataset.start);
    const minutes = Number(item.dataset.minutes);
    pick = { link, item, column, calendar, start, minutes, stretches, from: column, was: { start, minutes }, ghost: at.ghost(calendar, item) };
    at.busy = pick;
    at.draw(pick.ghost, column, start, minutes);
    say(stretches ? calendar.dataset.sayLength : calendar.dataset.sayPicked);
  }

  function show() {
    at.draw(pick.ghost, pick.column, pick.start, pick.minutes);
    pick.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(pick.stretches ? `${pick.minutes} ${pick.calendar.dataset.sayMinutes}, ${at.clock(pick.start + pick.minutes)}` : `${nameOf(pick.column)}, ${at.clock(pick.start)}`);
  }

  function carry(key, fine) {
    const step = fine ? at.ROW_MIN : QUARTER;
    const first = Number(pick.calendar.dataset.dayStart);
    const sign = key === "ArrowDown" ? 1 : -1;
    if (pick.stretches && /Up|Down/.test(key)) pick.minutes = Math.max(at.ROW_MIN, pick.minutes + sign * at.ROW_MIN);
    else if (/Up|Down/.test(key)) pick.start = Math.min(Math.max(first, pick.start + sign * step), DAY - at.ROW_MIN);
    else if (!pick.stretches) {
      const columns = at.columns(pick.calendar);
      pick.column = columns[columns.indexOf(pick.column) + (key === "ArrowRight" ? 1 : -1)] || pick.column;
    }
    show();
  }

  function end(sent) {
    const done = pick;
    pick = null;
    at.busy = null;
    const same = done.start === done.was.start && done.column === done.from && done.minutes === done.was.minutes;
    const clear = () => at.clear(done.calendar, done.ghost, done.item);
    if (!sent || same) {
      clear();
      say(done.calendar.dataset.sayLeft);
    } else if (done.stretches) at.stretch(done.link, done.minutes, clear);
    else at.move(done.link, done.column, done.start, clear);
    at.released();
  }

  function onPick(event) {
    if (/^Arrow/.test(event.key)) carry(event.key, event.shiftKey);
    else if (event.key === "Enter" || event.key === " ") end(true);
    else if (event.key === "Escape" || event.key === "Tab") end(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Before the arrows that walk from visit to visit, and before whatever closes on Escape.
  document.addEventListener("keydown", (event) => {
    if (pick) return onPick(event);
    const link = document.activeElement;
    if (!link || !link.matches(".event a") || at.isList(link.closest("[data-calendar]"))) return undefined;
    const picks = event.key === " " && link.dataset.moveUrl;
    const stretches = event.shiftKey && /^Arrow(Up|Down)$/.test(event.key) && link.dataset.lengthUrl;
    if (!picks && !stretches) return undefined;
    begin(link, Boolean(stretches));
    event.preventDefault();
    event.stopPropagation();
    if (stretches) carry(event.key, true);
    return undefined;
  }, true);
  document.addEventListener("pointerdown", () => { if (pick) end(false); }, true);
})();
