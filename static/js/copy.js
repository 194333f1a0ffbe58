// A button that copies the field that it names. Without script the field is selected and copied by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const label = button.querySelector("span") || button;
  const words = label.textContent;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = words; }, 2000);
  });
}
