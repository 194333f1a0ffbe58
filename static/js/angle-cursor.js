// The cursor of a joint-angle curve follows the replay it belongs to; a click on the curve moves the replay there.
(() => {
  "use strict";
  const LEFT = 46;
  const WIDTH = 644;

  restartix.behaviour("[data-angle-curve][data-replay]", (figure) => {
    const player = document.getElementById(figure.dataset.replay);
    if (!player) return;
    const svg = figure.querySelector("svg.chart");
    const cursor = figure.querySelector("[data-cursor]");
    const duration = Number(figure.dataset.duration);

    player.addEventListener("replay:time", (event) => {
      const x = LEFT + Math.min(1, event.detail.seconds / duration) * WIDTH;
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.setAttribute("visibility", "visible");
    });
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width * svg.viewBox.baseVal.width - LEFT) / WIDTH;
      if (share < 0 || share > 1) return;
      player.dispatchEvent(new CustomEvent("replay:seek", { detail: { seconds: share * duration } }));
    });
  });
})();
