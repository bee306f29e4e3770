// Copies the text of an element: the buttons stand hidden until this script shows them; without it the text is there
// to be selected.
"use strict";
for (const button of document.querySelectorAll("button[data-copies]")) {
  const from = document.getElementById(button.dataset.copies);
  const told = button.parentElement.querySelector("[role=status]");
  const select = () => {
    const range = document.createRange();
    range.selectNodeContents(from);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(from.textContent.replace(/\s+/g, " ").trim());
      told.textContent = button.dataset.done;
    } catch {
      // Without https the clipboard is not ours to write: the text stands selected, for the reader's own keys.
      select();
      told.textContent = button.dataset.selected;
    }
  });
  button.hidden = false;
}
