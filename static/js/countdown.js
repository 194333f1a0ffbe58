// Time left to an instant; at zero says so and fires countdown:end, so that a page can ask for its fresh state.
(() => {
  "use strict";
  const URGENT_SECONDS = 60;

  function text(seconds) {
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  restartix.behaviour("[data-countdown]", (element) => {
    const end = Date.parse(element.dataset.countdown);
    const ahead = element.dataset.now ? Date.now() - Date.parse(element.dataset.now) : 0;
    const time = element.querySelector("time");
    let timer;

    function tick() {
      if (!element.isConnected) return clearInterval(timer);
      const seconds = Math.max(0, Math.round((end + ahead - Date.now()) / 1000));
      time.textContent = text(seconds);
      element.toggleAttribute("data-urgent", seconds <= URGENT_SECONDS);
      if (seconds > 0) return undefined;
      clearInterval(timer);
      element.lastElementChild.previousElementSibling.textContent = element.dataset.expired;
      time.textContent = "";
      return element.dispatchEvent(new CustomEvent("countdown:end", { bubbles: true }));
    }

    timer = setInterval(tick, 1000);
    tick();
  });
})();
