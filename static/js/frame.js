// In a frame on the clinic's own site: tells the page around how tall the content is. Only the one origin that the
// server has put here, one of those that the clinic lists, can hear it.
(() => {
  const frame = document.querySelector("[data-frame]");
  const origin = frame && frame.dataset.frame;
  if (!origin || window.parent === window) return;
  const tell = (fresh) => window.parent.postMessage(
    { restartix: "booking", height: Math.ceil(frame.getBoundingClientRect().height), fresh }, origin);
  tell(true);
  new ResizeObserver(() => tell(false)).observe(frame);
})();
