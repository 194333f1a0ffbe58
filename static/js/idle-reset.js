// The kiosk forgets: after a while without a touch it warns, then goes to its blank start, and Back shows nothing.
// A wait no longer than the warning itself (the thanks page) ends without one.
(() => {
  "use strict";
  const WARNING_SECONDS = 15;

  restartix.behaviour("[data-idle-url]", (root) => {
    const warning = root.querySelector("[data-idle-warning]");
    const count = root.querySelector("[data-idle-count]");
    const allowed = Number(root.dataset.idleSeconds);
    let last = Date.now();

    const touched = () => {
      last = Date.now();
      warning.hidden = true;
    };
    ["pointerdown", "keydown", "touchmove", "scroll"].forEach((kind) => document.addEventListener(kind, touched, { passive: true, capture: true }));
    setInterval(() => {
      const left = allowed - Math.floor((Date.now() - last) / 1000);
      if (left <= 0) return location.replace(root.dataset.idleUrl);
      warning.hidden = allowed <= WARNING_SECONDS || left > WARNING_SECONDS;
      count.textContent = String(left);
      return undefined;
    }, 1000);
  });

  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
