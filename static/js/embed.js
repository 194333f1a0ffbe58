// Shows a clinic's booking pages in a frame on the clinic's own site. The plain link stays until the frame has spoken.
// <div data-restartix="https://…/clinic/embed/book/calendar"><a href="https://…/clinic/book/calendar">Book a visit</a></div>
(() => {
  const show = (place) => {
    const url = new URL(place.dataset.restartix), frame = document.createElement("iframe");
    url.searchParams.set("origin", location.origin);
    url.searchParams.set("lang", place.lang || document.documentElement.lang);
    frame.src = url.href;
    frame.title = place.textContent.trim() || "RestartiX";
    Object.assign(frame.style, { width: "100%", height: "0", border: "0", display: "block", colorScheme: "normal" });
    addEventListener("message", (said) => {
      if (said.source !== frame.contentWindow || said.origin !== url.origin) return;
      if (said.data?.restartix !== "booking" || !(said.data.height > 0)) return;
      for (const other of place.children) other.hidden = other !== frame;
      frame.style.height = `${Math.min(said.data.height, 20000)}px`;
      if (said.data.fresh && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    });
    place.append(frame);
  };
  for (const place of document.querySelectorAll("[data-restartix]:not([data-shown])")) {
    place.dataset.shown = "";
    show(place);
  }
})();
