// The reader's own clock beside ours: an instant in UTC gets its local time as a tooltip.
"use strict";
for (const time of document.querySelectorAll("time[datetime*='T']")) {
  const instant = new Date(time.dateTime);
  if (!Number.isNaN(instant.valueOf())) {
    time.title = instant.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) + " on your clock";
  }
}
