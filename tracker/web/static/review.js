// A candidate: typed words are not lost by accident, the focus begins at the heading, the way back is prominent for a
// minute, and who else looks at it is asked anew. Without this script the page does the same when it is loaded.
"use strict";
(() => {
  const form = document.getElementById("decision");
  if (form) {
    let changed = false;
    const edited = form.querySelector(".edited");
    form.addEventListener("input", () => { changed = true; if (edited) edited.hidden = false; });
    form.addEventListener("submit", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  }

  if (!location.hash) {
    const wrong = document.querySelector("main [aria-invalid]") || document.querySelector("main .wrong[tabindex], main [role=alert][tabindex]");
    const heading = document.querySelector("main h1[tabindex]");
    const first = wrong || document.querySelector("main .checked, main #split-off") || heading;
    if (first) first.focus({ preventScroll: !wrong });
  }

  const present = document.getElementById("present");
  if (present) {
    const ask = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(present.dataset.refresh);
        const told = answer.ok && !answer.redirected ? await answer.text() : present.innerHTML;
        if (told.trim() !== present.innerHTML.trim()) present.innerHTML = told;
      } catch { /* It is asked again. */ }
    };
    setInterval(ask, 20000);
  }

  const selected = document.getElementById("selected");
  if (selected) {
    const tell = () => {
      const marked = document.querySelectorAll("input[name=candidate]:checked").length;
      selected.textContent = marked ? `(${marked})` : "";
    };
    document.addEventListener("change", tell);
    tell();
  }

  const bar = document.querySelector("[data-fresh]");
  if (bar) setTimeout(() => bar.classList.remove("fresh"), Number(bar.dataset.fresh) * 1000);
})();
