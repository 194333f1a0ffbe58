// The skeleton player: play, pause, seek, speed, repetitions, keyboard. It never starts by itself.
// Fires replay:time {seconds} on its element; replay:seek {seconds} moves it (the curve beside it sends that).
(() => {
  "use strict";
  const STEP = 0.5;
  // The stage is square (figures.css); the figure in it keeps the proportions of the recording.
  const SHAPE = 1;

  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  restartix.behaviour("[data-replay-player]", async (root) => {
    const part = (name) => root.querySelector(`[data-replay-${name}]`);
    const canvas = part("canvas");
    const status = part("status");
    const toggle = part("toggle");
    const seek = part("seek");
    const starts = root.dataset.reps.split(" ").filter(Boolean).map(Number);
    const controls = root.querySelectorAll("button, input, select");
    let now = 0;
    let before = null;

    controls.forEach((control) => { control.disabled = true; });
    status.textContent = status.dataset.loading;
    let recording;
    try {
      recording = await restartix.replay.load(root.dataset.url);
    } catch {
      status.textContent = status.dataset.failed;
      return;
    }
    status.textContent = "";
    controls.forEach((control) => { control.disabled = false; });
    const view = restartix.replay.frame(recording.bounds(), SHAPE);
    const words = { ...root.dataset, swapped: recording.mirrored, font: getComputedStyle(canvas).fontFamily };
    const length = recording.last - recording.first;

    function show() {
      const ratio = window.devicePixelRatio || 1;
      const width = Math.round(canvas.clientWidth * ratio) || canvas.width;
      const height = Math.round(width / SHAPE);
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      restartix.replay.draw(canvas.getContext("2d"), recording.pose(now), view, { width, height }, words);
      seek.value = length ? Math.round((now - recording.first) / length * 1000) : 0;
      const text = `${clock(now)} / ${clock(recording.last)}`;
      part("time").textContent = text;
      seek.setAttribute("aria-valuetext", text);
      root.dispatchEvent(new CustomEvent("replay:time", { detail: { seconds: now } }));
    }

    function go(seconds) {
      now = Math.min(recording.last, Math.max(recording.first, seconds));
      show();
    }

    function play(on) {
      if (on && now >= recording.last) now = recording.first;
      before = on ? performance.now() : null;
      toggle.setAttribute("aria-pressed", String(on));
      const use = toggle.querySelector("use");
      use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, on ? "#icon-player-pause" : "#icon-player-play"));
      if (on) requestAnimationFrame(tick);
    }

    function tick(at) {
      if (before === null || !root.isConnected) return;
      go(now + Math.max(0, at - before) / 1000 * Number(part("speed").value));
      before = at;
      if (now >= recording.last) play(false); else requestAnimationFrame(tick);
    }

    const last = (seconds) => starts.filter((start) => start < seconds - 0.3).pop() ?? recording.first;
    const next = (seconds) => starts.find((start) => start > seconds + 0.05) ?? recording.last;
    const keys = {
      " ": () => play(before === null),
      ArrowLeft: () => go(now - STEP),
      ArrowRight: () => go(now + STEP),
      Home: () => go(recording.first),
      End: () => go(recording.last),
    };
    toggle.addEventListener("click", () => play(before === null));
    part("previous").addEventListener("click", () => go(last(now)));
    part("next").addEventListener("click", () => go(next(now)));
    seek.addEventListener("input", () => go(recording.first + length * seek.value / 1000));
    canvas.addEventListener("click", () => play(before === null));
    canvas.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    root.addEventListener("replay:seek", (event) => go(event.detail.seconds));
    new ResizeObserver(show).observe(canvas);
    go(recording.first);
    root.dataset.ready = "";
  });
})();
