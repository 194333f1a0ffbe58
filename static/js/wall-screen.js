// The waiting-room screen: the clinic's clock, a chime for a new call (after one press, as browsers demand), and a word
// when the connection is lost. What is shown comes from the server; the last state stays in sight while it is away, but not
// for hours. It runs for days: a new version of the page is taken up by itself.
(() => {
  "use strict";
  const STALE = 30 * 60000;
  let ahead = 0;

  restartix.behaviour("[data-wall-clock]", (element) => {
    const form = new Intl.DateTimeFormat("ro-RO", { hour: "2-digit", minute: "2-digit", timeZone: element.dataset.timeZone });
    setInterval(() => { element.textContent = form.format(new Date(Date.now() + ahead)); }, 5000);
  });

  restartix.behaviour("[data-wall-board]", (board) => {
    const lost = document.querySelector("[data-wall-lost]");
    const ended = document.querySelector("[data-wall-ended]");
    const build = () => board.firstElementChild && board.firstElementChild.dataset.build;
    const calls = () => new Set([...board.querySelectorAll("[data-called]")].map((one) => one.dataset.called));
    const first = build();
    let known = calls();
    let shown = null;
    let lostAt = null;
    const chime = sound(document.querySelector("[data-wall-sound]"));

    function away(over) {
      lostAt = lostAt || Date.now();
      lost.hidden = over;
      ended.hidden = !over;
      if (!over && Date.now() - lostAt < STALE) return;
      board.replaceChildren();
      shown = null;
    }

    board.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.xhr.status !== 200) return;
      // The same again is left alone, so that what moves is not begun anew.
      event.detail.shouldSwap = event.detail.serverResponse !== shown;
      shown = event.detail.serverResponse;
    });
    board.addEventListener("htmx:afterSwap", () => {
      if (build() !== first) return location.reload();
      const now = calls();
      if ([...now].some((one) => !known.has(one))) chime();
      known = now;
    });
    document.body.addEventListener("htmx:afterRequest", (event) => {
      const xhr = event.detail.xhr;
      if (!event.detail.successful) return away(xhr.status === 404 || xhr.status === 410);
      const told = Date.parse(xhr.getResponseHeader("Date"));
      if (told) ahead = Math.abs(told - Date.now()) > 60000 ? told - Date.now() : 0;
      lostAt = null;
      lost.hidden = ended.hidden = true;
    });
    stayAwake();
  });

  // One press allows sound and fills the screen; a screen without either works as well.
  function sound(button) {
    let audio = null;
    const play = () => { if (audio) ring(audio); };
    if (!("AudioContext" in window)) return play;
    button.hidden = false;
    button.addEventListener("click", () => {
      audio = new AudioContext();
      button.hidden = true;
      if (document.documentElement.requestFullscreen) document.documentElement.requestFullscreen().catch(() => {});
      play();
    });
    return play;
  }

  function stayAwake() {
    if (!("wakeLock" in navigator)) return;
    const ask = () => { if (!document.hidden) navigator.wakeLock.request("screen").catch(() => {}); };
    document.addEventListener("visibilitychange", ask);
    ask();
  }

  function ring(audio) {
    [[0, 659], [0.25, 523]].forEach(([after, frequency]) => {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      tone.frequency.value = frequency;
      const start = audio.currentTime + after;
      gain.gain.setValueAtTime(0.2, start);
      gain.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
      tone.connect(gain).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.6);
    });
  }
})();
