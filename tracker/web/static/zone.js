// The reader's own clock beside ours: an instant in UTC gets its local time as a tooltip, in the words of the page.
"use strict";
{
  const { words } = document.currentScript.dataset;
  for (const time of document.querySelectorAll("time[datetime*='T']")) {
    const instant = new Date(time.dateTime);
    if (!Number.isNaN(instant.valueOf())) {
      const local = instant.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
      time.title = words.replace("{time}", local);
    }
  }
}
