// How high the rows of the calendar are: kept in a cookie, so that the next page is drawn so from the start.
(() => {
  "use strict";
  const [LEAST, MOST] = [1, 4];
  const YEAR = 31536000;

  restartix.behaviour("[data-zoom-step]", (button) => {
    button.addEventListener("click", () => {
      const calendar = document.querySelector("[data-calendar]");
      if (!calendar) return;
      const was = Number(calendar.dataset.zoom);
      const now = Math.min(MOST, Math.max(LEAST, was + Number(button.dataset.zoomStep)));
      if (now === was) return;
      // What is in the middle stays there.
      const head = calendar.querySelector(".cal-head").offsetHeight;
      const middle = (calendar.scrollTop + calendar.clientHeight / 2 - head) / (calendar.scrollHeight - head);
      calendar.dataset.zoom = now;
      calendar.scrollTop = middle * (calendar.scrollHeight - head) + head - calendar.clientHeight / 2;
      const secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = `calendar_zoom=${now}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
    });
  });
})();
