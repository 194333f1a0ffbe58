// What somebody who reads with the ears, by keyboard or with weak eyes would stumble over: sentences, [] for nothing.
// Contrast 1.4.3, reflow 1.4.10, headings 1.3.1 and 2.4.6, label in name 2.5.3, focus not obscured 2.4.11 (WCAG 2.2).
() => {
  const faults = [];
  // Colours and places as they will be, not on their way.
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [still];
  const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(".visually-hidden, [inert]");
  const brief = (e) => e.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const words = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter((e) => e.checkVisibility());
  const levels = headings.map((e) => Number(e.tagName[1]));
  if (levels.filter((one) => one === 1).length !== 1) faults.push(`headings of the first level: ${levels}`);
  levels.forEach((one, at) => { if (at && one > levels[at - 1] + 1) faults.push(`a heading level is left out: ${brief(headings[at])}`); });
  headings.filter((e) => !e.textContent.trim()).forEach((e) => faults.push(`an empty heading: ${brief(e)}`));
  if (!document.documentElement.lang) faults.push("no language");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main landmark");
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.push(`${wide} px wide`);

  const active = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(seen);
  for (const e of active) {
    const said = e.getAttribute("aria-label");
    const shown = words(e.innerText || "");
    if (said && shown && !words(said).includes(shown)) faults.push(`the name does not hold the visible words: ${brief(e)}`);
    const box = e.getBoundingClientRect();
    if (!e.closest("p, label, li p") && !e.labels?.length && Math.min(box.width, box.height) < 24) faults.push(`a target below 24 px: ${brief(e)}`);
  }

  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((one, at) => one * top[3] + below[at] * (1 - top[3]));
  const ground = (e) => {
    const layers = [];
    for (let one = e; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.backgroundImage !== "none") return null;
      const color = rgba(style.backgroundColor);
      if (color[3]) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const light = (color) => {
    const [r, g, b] = color.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
    if (!own || !seen(e) || e.closest("[disabled], script, template, option, [aria-disabled=true]")) continue;
    const style = getComputedStyle(e);
    const below = ground(e);
    if (!below) continue;
    const [a, b] = [light(over(rgba(style.color), below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed) faults.push(`contrast ${ratio.toFixed(2)}: ${brief(e)}`);
  }

  const before = document.activeElement;
  for (const e of active.filter((one) => !one.disabled && one.tabIndex >= 0)) {
    e.focus();
    if (document.activeElement !== e) continue;
    const box = e.getBoundingClientRect();
    const mine = (x, y) => {
      const top = document.elementFromPoint(x, y);
      return top && (e.contains(top) || top.contains(e) || top.closest("label")?.control === e);
    };
    const spots = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [box.left + box.width * x, box.top + box.height * y]));
    if (!spots.some(([x, y]) => mine(x, y))) faults.push(`hidden while it has the focus: ${brief(e)}`);
  }
  before?.focus?.();
  scrollTo(0, 0);
  return faults;
}
