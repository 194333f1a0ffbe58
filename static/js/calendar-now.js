// The line of the current time moves with the clock, also after the computer has slept; past midnight the page of today is
// the page of another day.
(() => {
  "use strict";
  const ROW = 5;
  const LOOK = 15000;
  const DAY = 1440;

  restartix.behaviour("[data-now]", (line) => {
    const drawn = Number(line.dataset.now);
    const since = Date.now();
    const first = Number(line.closest("[data-calendar]").dataset.dayStart);
    const timer = setInterval(() => {
      if (!line.isConnected) return clearInterval(timer);
      const now = drawn + (Date.now() - since) / 60000;
      if (now >= DAY) return another(timer);
      line.style.gridRowStart = Math.floor((now - first) / ROW) + 1;
      return undefined;
    }, LOOK);
  });

  // Nothing is taken from somebody who is in the middle of it.
  function another(timer) {
    const busy = document.querySelector("#panel > *, dialog[open]") || (restartix.calendar && restartix.calendar.busy);
    if (busy) return;
    clearInterval(timer);
    location.reload();
  }
})();
