"""The record for other programs: feeds, tables, calendars, badges and embedded timelines, all of one moment.

`blueprint` holds them all; `for_programs` says which addresses answer programs, also where something is wrong.
"""

from __future__ import annotations

from tracker.web.outputs import badge, calendar, embed, feeds, tables
from tracker.web.outputs.calls import blueprint, embeddable, for_programs

__all__ = ["badge", "blueprint", "calendar", "embed", "embeddable", "feeds", "for_programs", "tables"]
