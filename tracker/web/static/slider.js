// The day of the dashboard by a slider: arrow keys move by a day, Page Up and Down by a month; Enter shows that day.
// Without this script the date field does the same.
"use strict";
for (const form of document.querySelectorAll("form.slider")) {
  const range = form.querySelector("input[type=range]");
  const shown = form.querySelector("output");
  const field = form.querySelector("input[name=as_of]");
  const first = Date.parse(form.dataset.first);
  const day = () => new Date(first + Number(range.value) * 86400000).toISOString().slice(0, 10);
  // As on the rest of the page; browsers shorten September in their own ways.
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const language = document.documentElement.lang;
  const elsewhere = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  const english = (iso) => `${Number(iso.slice(8))} ${names[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)}`;
  const words = (iso) => (language === "en" ? english(iso) : elsewhere.format(Date.parse(iso)));
  const show = () => {
    field.value = day();
    shown.value = words(field.value);
    range.setAttribute("aria-valuetext", shown.value);
    // Today is the present, and not a past that stands still.
    field.disabled = field.value === form.dataset.last;
  };
  range.addEventListener("input", show);
  range.addEventListener("keydown", (event) => {
    const months = { PageUp: 30, PageDown: -30 }[event.key];
    if (event.key === "Enter") form.requestSubmit();
    if (!months) return;
    event.preventDefault();
    range.value = String(Number(range.value) + months);
    show();
  });
  show();
  form.hidden = false;
}
