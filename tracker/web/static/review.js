// Typed words are not lost by accident: leaving a changed form asks first.
"use strict";
const form = document.getElementById("decision");
if (form) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
