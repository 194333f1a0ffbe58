// Binds a small script to every element that carries its data attribute, now and after each htmx swap.
// Usage in another file: restartix.behaviour("[data-x]", (element) => { ... }). Loaded first.
(() => {
  "use strict";
  const rules = [];
  const done = new WeakMap();

  function bindOne(rule, element) {
    const seen = done.get(element) || new Set();
    if (seen.has(rule)) return;
    seen.add(rule);
    done.set(element, seen);
    rule.bind(element);
  }

  function bindUnder(root) {
    for (const rule of rules) {
      if (root.matches && root.matches(rule.selector)) bindOne(rule, root);
      root.querySelectorAll(rule.selector).forEach((element) => bindOne(rule, element));
    }
  }

  window.restartix = {
    behaviour(selector, bind) {
      const rule = { selector, bind };
      rules.push(rule);
      if (document.readyState !== "loading") document.querySelectorAll(selector).forEach((e) => bindOne(rule, e));
    },
    typing(target) {
      return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    },
  };

  document.documentElement.dataset.js = "";
  document.addEventListener("DOMContentLoaded", () => bindUnder(document));
  document.addEventListener("htmx:load", (event) => bindUnder(event.detail.elt));
})();
