// Native dialogs: a fragment swapped into #dialog opens itself; Escape, the backdrop and "close" close it; focus goes back.
// data-dialog-open="ID" opens a dialog that is already in the page.
(() => {
  "use strict";
  function show(dialog) {
    dialog.removeAttribute("open");
    dialog.showModal();
  }

  restartix.behaviour("[data-dialog]", (dialog) => {
    dialog.addEventListener("click", (event) => {
      const closer = event.target.closest("[data-dialog-close]");
      if (!closer && event.target !== dialog) return;
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      if (dialog.parentElement && dialog.parentElement.id === "dialog") dialog.remove();
    });
    if (dialog.closest("#dialog") || dialog.hasAttribute("open")) show(dialog);
  });

  restartix.behaviour("[data-dialog-open]", (opener) => {
    opener.addEventListener("click", (event) => {
      const dialog = document.getElementById(opener.dataset.dialogOpen);
      if (!dialog) return;
      event.preventDefault();
      show(dialog);
    });
  });

  // The server answers a finished dialog with HX-Trigger: dialog:close.
  document.addEventListener("dialog:close", () => document.querySelectorAll("#dialog dialog[open]").forEach((d) => d.close()));
})();
