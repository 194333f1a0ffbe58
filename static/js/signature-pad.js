// Drawn signature: strokes with times, smoothed between points, redrawn when the frame changes size or the form comes back.
(() => {
  "use strict";
  const INK = "#10201d";
  const NEAR = 1; // CSS pixels: closer points add bytes and no shape.
  const round = (number) => Math.round(number * 10) / 10;

  function pathOf(stroke) {
    const [first, ...rest] = stroke;
    if (!rest.length) return `M${first[0]} ${first[1]}l0.1 0`;
    let path = `M${first[0]} ${first[1]}`;
    stroke.slice(1, -1).forEach((point, index) => {
      const next = stroke[index + 2];
      path += `Q${point[0]} ${point[1]} ${round((point[0] + next[0]) / 2)} ${round((point[1] + next[1]) / 2)}`;
    });
    const end = stroke[stroke.length - 1];
    return `${path}L${end[0]} ${end[1]}`;
  }

  restartix.behaviour("[data-signature]", (root) => {
    const canvas = root.querySelector("[data-signature-canvas]");
    const part = (name) => root.querySelector(`[data-signature-${name}]`);
    const context = canvas.getContext("2d");
    let strokes = [];
    let current = null;
    let began = null;
    let size = { width: 0, height: 0 };
    let fitted = false;

    function draw() {
      const ratio = window.devicePixelRatio || 1;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      Object.assign(context, { strokeStyle: INK, lineWidth: 2.4, lineCap: "round", lineJoin: "round" });
      strokes.forEach((stroke) => context.stroke(new Path2D(pathOf(stroke))));
    }

    function store() {
      const signed = strokes.length > 0;
      part("points").value = signed ? JSON.stringify({ ...size, strokes }) : "";
      part("png").value = signed ? canvas.toDataURL("image/png") : "";
      root.toggleAttribute("data-signed", signed);
      const status = part("status");
      status.textContent = signed ? status.dataset.signed : status.dataset.empty;
      root.dispatchEvent(new CustomEvent("signature:change", { bubbles: true, detail: { signed } }));
    }

    function resize() {
      const box = canvas.getBoundingClientRect();
      const same = round(box.width) === size.width && round(box.height) === size.height;
      if (!box.width || (fitted && same)) return;
      fitted = true;
      if (size.width) {
        const scale = Math.min(box.width / size.width, box.height / size.height);
        strokes = strokes.map((s) => s.map(([x, y, t]) => [round(x * scale), round(y * scale), t]));
      }
      size = { width: round(box.width), height: round(box.height) };
      const ratio = window.devicePixelRatio || 1;
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
      draw();
      if (strokes.length) store();
    }

    function add(event) {
      const box = canvas.getBoundingClientRect();
      if (began === null) began = event.timeStamp;
      const [x, y] = [round(event.clientX - box.left), round(event.clientY - box.top)];
      const last = current[current.length - 1];
      if (last && Math.abs(x - last[0]) < NEAR && Math.abs(y - last[1]) < NEAR) return;
      current.push([x, y, Math.max(0, Math.round(event.timeStamp - began))]);
    }

    // A refused form comes back with its strokes: nothing is drawn twice.
    function restore() {
      if (!part("points").value) return;
      try {
        const kept = JSON.parse(part("points").value);
        strokes = kept.strokes;
        size = { width: kept.width, height: kept.height };
        began = performance.now() - Math.max(...strokes.flat().map((point) => point[2]));
      } catch {
        strokes = [];
        part("points").value = "";
      }
    }

    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || current) return;
      canvas.setPointerCapture(event.pointerId);
      current = [];
      strokes.push(current);
      add(event);
      draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!current || !canvas.hasPointerCapture(event.pointerId)) return;
      const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      (moves.length ? moves : [event]).forEach(add);
      draw();
    });
    const finish = () => {
      if (!current) return;
      current = null;
      store();
    };
    canvas.addEventListener("pointerup", finish);
    canvas.addEventListener("pointercancel", finish);
    part("undo").addEventListener("click", () => { strokes.pop(); draw(); store(); });
    part("clear").addEventListener("click", () => { strokes = []; began = null; draw(); store(); });
    restore();
    new ResizeObserver(resize).observe(canvas);
    resize();
    if (strokes.length) { draw(); store(); }
  });
})();
