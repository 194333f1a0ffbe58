// Live parts: the server's stream only says which topic changed; the page then fetches its normal fragment
// (hx-trigger="live:TOPIC from:body"). Where the stream breaks, everything live is asked again every half minute.
// A tab that nobody sees holds no stream: a browser has six connections for all tabs of a site. Seen again, it asks.
(() => {
  "use strict";
  const POLL = 30000;

  restartix.behaviour("[data-live]", (element) => {
    const fire = (topic) => document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { bubbles: true }));
    const topics = element.dataset.liveTopics.split(" ");
    let timer = null, source = null;
    const poll = (on) => {
      clearInterval(timer);
      timer = on ? setInterval(() => { if (!document.hidden) ask(); }, POLL) : null;
    };
    if (!("EventSource" in window)) return poll(true);

    function ask() {
      topics.forEach(fire);
      // Where all places were taken, the browser gave the stream up; there may be one now.
      if (source && source.readyState === EventSource.CLOSED) open(false);
    }

    function open(missed) {
      let asks = missed;
      source = new EventSource(element.dataset.live);
      topics.forEach((topic) => source.addEventListener(topic, () => fire(topic)));
      // What changed while the stream was away is asked for when it is back.
      source.addEventListener("open", () => { if (asks || timer !== null) topics.forEach(fire); asks = false; poll(false); });
      source.addEventListener("error", () => { if (timer === null) poll(true); });
    }

    function close() {
      if (source) source.close();
      source = null;
      poll(false);
    }

    if (!document.hidden) open(false);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) close(); else if (!source) open(true);
    });
    window.addEventListener("pagehide", close);
    // Back from the browser's own page cache.
    window.addEventListener("pageshow", (event) => { if (event.persisted && !source) open(true); });
    return undefined;
  });
})();
