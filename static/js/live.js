// Live parts: the server's stream only says which topic changed; the page then fetches its normal fragment
// (hx-trigger="live:TOPIC from:body"). Where the stream breaks, everything live is asked again every half minute.
(() => {
  "use strict";
  const POLL = 30000;

  restartix.behaviour("[data-live]", (element) => {
    const fire = (topic) => document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { bubbles: true }));
    const topics = element.dataset.liveTopics.split(" ");
    let timer = null;
    const poll = (on) => {
      clearInterval(timer);
      timer = on ? setInterval(() => { if (!document.hidden) topics.forEach(fire); }, POLL) : null;
    };
    if (!("EventSource" in window)) return poll(true);
    const source = new EventSource(element.dataset.live);
    topics.forEach((topic) => source.addEventListener(topic, () => fire(topic)));
    // What changed while the stream was away is asked for when it is back.
    source.addEventListener("open", () => { if (timer !== null) topics.forEach(fire); poll(false); });
    source.addEventListener("error", () => { if (timer === null) poll(true); });
    window.addEventListener("pagehide", () => source.close());
    return undefined;
  });
})();
