// The keys of the review pages. What a key is for stands in the page: an element with that letter in aria-keyshortcuts is
// followed if it is a link, opened if it is a summary, and only focused if it is a button, so that Enter is what decides.
// A button that names a field with data-first leaves the focus to that field while it is empty.
// Buttons that say data-at-once lie in something that was opened before, and are pressed. Nothing fires while typing,
// with modifiers, or where the reader switched keys off.
"use strict";
(() => {
  const dialog = document.getElementById("keys");
  const field = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
  const store = { get: () => { try { return localStorage.getItem("keys"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("keys", value); } catch { /* Then it holds for this page. */ } } };
  let on = store.get() !== "off";

  const shown = (element) => element.getClientRects().length > 0;
  const meant = (key) => [...document.querySelectorAll(`[aria-keyshortcuts="${CSS.escape(key)}"]`)].filter(shown);

  function leave() {
    const heading = document.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus();
  }

  function open(summary) {
    const details = summary.parentElement;
    for (const other of document.querySelectorAll("details.act[open]")) other.open = other === details;
    details.open = true;
    // Reasons are chosen by digits: the focus stays where Enter does nothing but close them.
    const first = details.querySelector("[aria-keyshortcuts='1']") ? null : details.querySelector("input:not([type=hidden]), select, button:not([hidden])");
    (first || summary).focus();
    details.scrollIntoView({ block: "nearest" });
  }

  function turn(summaries) {
    const all = summaries.map((summary) => summary.parentElement);
    const opening = !all.every((details) => details.open);
    for (const details of all) details.open = opening;
  }

  function show() {
    dialog.showModal();
    dialog.querySelector("h2").focus();
  }

  // The field of its form without which a button would only be refused, while that is empty.
  function missing(button) {
    const needed = button.form && button.dataset.first && button.form.elements[button.dataset.first];
    return needed && !needed.value.trim() ? needed : null;
  }

  function use(elements) {
    const [first] = elements;
    if (first.dataset.opens) show();
    else if (first.matches("a")) first.click();
    else if (first.matches("summary")) elements.length > 1 || first.closest(".whole") ? turn(elements) : open(first);
    else if (first.matches("[data-at-once]")) first.click();
    else (missing(first) || first).focus();
  }

  // Lines of a queue: j and k go from one link to the next, x marks the line of the link.
  function line(step) {
    const lines = [...document.querySelectorAll("[data-line]")].filter(shown);
    const at = lines.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const next = lines[at < 0 ? (step > 0 ? 0 : lines.length - 1) : at + step];
    if (!next) return;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function mark() {
    const row = document.activeElement.closest("tr");
    const box = row && row.querySelector("input[type=checkbox]");
    if (box) box.click();
  }

  const queue = { j: () => line(1), k: () => line(-1), x: mark,
    o: () => { if (document.activeElement.matches("[data-line]")) document.activeElement.click(); } };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (dialog && dialog.open) return;
    const typing = event.target.matches(field);
    if (event.key === "Escape" && on) {
      const details = document.activeElement.closest("details.act[open]");
      if (details && !typing) details.open = false;
      if (document.activeElement !== document.body) leave();
      return;
    }
    if (!on || typing || event.repeat && event.key.length === 1 && !"jk".includes(event.key)) return;
    const elements = meant(event.key);
    if (elements.length) use(elements);
    else if (queue[event.key] && document.querySelector("[data-line]")) queue[event.key]();
    else return;
    event.preventDefault();
  });

  if (dialog) {
    for (const link of document.querySelectorAll("[data-opens=keys]")) {
      link.addEventListener("click", (event) => { event.preventDefault(); show(); });
    }
    document.getElementById("keys-close").addEventListener("click", () => dialog.close());
    const box = document.getElementById("keys-on");
    const tell = () => document.documentElement.classList.toggle("keys", on);
    box.checked = on;
    box.addEventListener("change", () => { on = box.checked; store.set(on ? "on" : "off"); tell(); });
    tell();
  }
})();
