// Reads the display replay that telemetry/replay.py writes, into times and interpolated points.
(() => {
  "use strict";
  const HEADER = 20;
  const STEP = 1e-4;
  const SEEN = 0.3;

  async function load(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok || !answer.body) throw new Error("replay: no answer");
    const plain = answer.body.pipeThrough(new DecompressionStream("gzip"));
    return decode(await new Response(plain).arrayBuffer());
  }

  // Columns of differences (little-endian int16, wrapping) become one array: value of column c in frame f at c * frames + f.
  function decode(buffer) {
    const view = new DataView(buffer);
    if (view.getUint32(0) !== 0x52585056 || view.getUint8(4) !== 1) throw new Error("replay: unknown layout");
    const points = view.getUint16(6, true);
    const frames = view.getUint32(8, true);
    const values = new Int16Array(points * 3 * frames);
    const start = HEADER + 4 * frames;
    if (!frames || buffer.byteLength !== start + 2 * values.length) throw new Error("replay: cut short");
    for (let column = 0, at = 0; column < points * 3; column += 1) {
      for (let frame = 0, sum = 0; frame < frames; frame += 1, at += 1) {
        sum = (sum + view.getInt16(start + 2 * at, true)) << 16 >> 16;
        values[at] = sum;
      }
    }
    const times = Float64Array.from({ length: frames }, (_, frame) => view.getUint32(HEADER + 4 * frame, true) / 1000);
    const mirrored = (view.getUint8(5) & 1) === 1;
    return recording({ points, frames, values, times, mirrored, width: view.getUint16(12, true), height: view.getUint16(14, true) });
  }

  // Positions are pixels of the recording. A mirrored picture is turned round again, as somebody facing the patient sees it.
  function recording(raw) {
    const { frames, values, times, width, height, mirrored } = raw;
    const value = (point, channel, frame) => values[(point * 3 + channel) * frames + frame] * STEP;
    const x = (point, frame) => (mirrored ? 1 - value(point, 0, frame) : value(point, 0, frame)) * width;
    const y = (point, frame) => value(point, 1, frame) * height;

    function frameAt(seconds) {
      let low = 0;
      let high = frames - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (times[middle] <= seconds) low = middle; else high = middle - 1;
      }
      return low;
    }

    return {
      mirrored,
      first: times[0],
      last: times[frames - 1],
      // All points at a moment, between two frames in proportion: [{x, y, seen}].
      pose(seconds) {
        const now = frameAt(seconds);
        const next = Math.min(now + 1, frames - 1);
        const gap = times[next] - times[now];
        const share = gap > 0 && gap < 0.5 ? Math.min(1, Math.max(0, (seconds - times[now]) / gap)) : 0;
        return Array.from({ length: raw.points }, (_, point) => {
          const seen = Math.min(value(point, 2, now), value(point, 2, next));
          return {
            x: x(point, now) + (x(point, next) - x(point, now)) * share,
            y: y(point, now) + (y(point, next) - y(point, now)) * share,
            seen: seen >= SEEN ? seen : 0,
          };
        });
      },
      // The smallest frame that holds every point that was ever seen.
      bounds() {
        const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
        for (let point = 0; point < raw.points; point += 1) {
          for (let frame = 0; frame < frames; frame += 1) {
            if (value(point, 2, frame) < SEEN) continue;
            box.left = Math.min(box.left, x(point, frame));
            box.right = Math.max(box.right, x(point, frame));
            box.top = Math.min(box.top, y(point, frame));
            box.bottom = Math.max(box.bottom, y(point, frame));
          }
        }
        return box.left < box.right ? box : { left: 0, top: 0, right: width, bottom: height };
      },
    };
  }

  restartix.replay = { load, decode };
})();
