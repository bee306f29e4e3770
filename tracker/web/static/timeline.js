// The picture of channels by the arrow keys: a year back, a year on. The links of the years do the same without this script.
"use strict";
document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const years = [...document.querySelectorAll(".years a")];
  const here = years.findIndex((link) => link.hasAttribute("aria-current"));
  const next = years[here + step];
  if (here < 0 || !next) return;
  event.preventDefault();
  next.click();
});
