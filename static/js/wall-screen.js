// The waiting-room screen: a clock, a chime for a new call (after one press, as browsers demand), and a word when the
// connection is lost. What is shown comes from the server; the last state stays in sight while it is away.
(() => {
  "use strict";

  restartix.behaviour("[data-wall-clock]", (element) => {
    const show = () => {
      element.textContent = new Date().toLocaleTimeString("ro-RO", { hour: "2-digit", minute: "2-digit" });
    };
    show();
    setInterval(show, 5000);
  });

  restartix.behaviour("[data-wall-board]", (board) => {
    const lost = document.querySelector("[data-wall-lost]");
    const button = document.querySelector("[data-wall-sound]");
    const called = () => new Set([...board.querySelectorAll("[data-called]")].map((one) => one.dataset.called));
    let known = called();
    let audio = null;

    if ("AudioContext" in window) {
      button.hidden = false;
      button.addEventListener("click", () => { audio = new AudioContext(); chime(audio); button.hidden = true; });
    }
    document.body.addEventListener("htmx:afterSwap", () => {
      const now = called();
      if (audio && [...now].some((one) => !known.has(one))) chime(audio);
      known = now;
      lost.hidden = true;
    });
    for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
      document.body.addEventListener(name, () => { lost.hidden = false; });
    }
  });

  function chime(audio) {
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
