// Draws a pose of 33 BlazePose points as a skeleton, left and right in two colours that also differ in brightness.
(() => {
  "use strict";
  const MIDDLE = [[11, 12], [11, 23], [12, 24], [23, 24]];
  const LEFT = [[11, 13], [13, 15], [15, 19], [23, 25], [25, 27], [27, 29], [29, 31], [27, 31]];
  const RIGHT = [[12, 14], [14, 16], [16, 20], [24, 26], [26, 28], [28, 30], [30, 32], [28, 32]];
  const JOINTS = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28];
  const COLOURS = { left: "#5eead4", right: "#fdba74", middle: "#d7e5e1" };
  const MARGIN = 0.12;

  // The part of the recording that is shown: all that moved, with a margin, in the shape of the canvas.
  function frame(bounds, shape) {
    const width = (bounds.right - bounds.left) * (1 + 2 * MARGIN);
    const height = (bounds.bottom - bounds.top) * (1 + 2 * MARGIN);
    const wide = Math.max(width, height * shape);
    return {
      x: (bounds.left + bounds.right - wide) / 2,
      y: (bounds.top + bounds.bottom - wide / shape) / 2,
      width: wide,
    };
  }

  function draw(context, pose, view, size, words) {
    const scale = size.width / view.width;
    const at = (point) => [(point.x - view.x) * scale, (point.y - view.y) * scale];
    const thick = Math.max(2, size.width / 110);
    Object.assign(context, { lineWidth: thick, lineCap: "round", lineJoin: "round" });
    context.clearRect(0, 0, size.width, size.height);
    bones(MIDDLE, COLOURS.middle);
    head();
    bones(words.swapped ? RIGHT : LEFT, COLOURS.left);
    bones(words.swapped ? LEFT : RIGHT, COLOURS.right);
    joints();
    legend();

    function bones(pairs, colour) {
      context.strokeStyle = colour;
      for (const [from, to] of pairs) {
        const seen = Math.min(pose[from].seen, pose[to].seen);
        if (!seen) continue;
        context.globalAlpha = seen < 0.6 ? 0.45 : 1;
        context.beginPath();
        context.moveTo(...at(pose[from]));
        context.lineTo(...at(pose[to]));
        context.stroke();
      }
      context.globalAlpha = 1;
    }

    function joints() {
      context.fillStyle = COLOURS.middle;
      for (const joint of JOINTS.filter((one) => pose[one].seen)) {
        context.beginPath();
        context.arc(...at(pose[joint]), thick * 0.9, 0, 2 * Math.PI);
        context.fill();
      }
    }

    function head() {
      const ears = [7, 8].filter((one) => pose[one].seen).map((one) => at(pose[one]));
      const places = ears.length === 2 ? ears : [0].filter((one) => pose[one].seen).map((one) => at(pose[one]));
      if (!places.length || !pose[11].seen || !pose[23].seen) return;
      const [x, y] = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
      const trunk = Math.hypot(...[0, 1].map((axis) => at(pose[11])[axis] - at(pose[23])[axis]));
      context.strokeStyle = COLOURS.middle;
      context.beginPath();
      context.arc(x, y, trunk * 0.2, 0, 2 * Math.PI);
      context.stroke();
    }

    function legend() {
      const text = Math.max(11, size.width / 34);
      Object.assign(context, { font: `600 ${text}px ${words.font}`, textBaseline: "top" });
      context.fillStyle = COLOURS.left;
      context.fillText(words.left, text * 0.8, text * 0.8);
      context.fillStyle = COLOURS.right;
      context.fillText(words.right, text * 0.8, text * 2.1);
    }
  }

  Object.assign(restartix.replay, { frame, draw });
})();
