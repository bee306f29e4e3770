"""Measures in the words of the pages: shares, confidences, and what it means that a side was silent. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tracker.measuring.sampling import Interval
from tracker.model import Relationship
from tracker.record.coverage import Coverage
from tracker.tongue import gettext, ngettext
from tracker.wording import instant_words, parts, side_name, time_words


def percent(share: float) -> str:
    """Rounded down, so that 100 % is said only of all."""
    return _in_percent(int(share * 100))


def _in_percent(number: int) -> str:
    """With a space before its sign in English, without one in Chinese."""
    return gettext("%(number)s %%", number=number)


def silence_words(read: Coverage, reports: int = 0) -> str:
    """What it means that nothing of a side is on record in a span; `reports` counts what is.

    "No report found" stands only where every moment was looked at, and never for longer than that.
    """
    if reports:
        return ngettext(
            "Not silent: %(num)s document of this side on record is of this time, or may be.",
            "Not silent: %(num)s documents of this side on record are of this time, or may be.",
            reports,
        )
    if not read.feeds:
        return gettext("Not known: no source of this side was to be read in this time.")
    if read.complete and read.read_until == read.end:
        return gettext("No report found.")
    if read.complete:
        until = instant_words(read.read_until)
        return gettext("No report found up to %(until)s, when this side's sources were last read.", until=until)
    if not read.holes:
        return gettext("Not known yet: this side's sources were last read before this time.")
    if not read.share:
        return gettext("Not known: this side's sources were not read in this time; see the holes.")
    return gettext(
        "Not known: this side's sources were read for %(share)s of the whole span, %(span)s; see the holes.",
        share=percent(read.share),
        span=time_words(read.start, read.end),
    )


def silence_in_short(reads: Iterable[Coverage], relationship: Relationship) -> str:
    """The same of all parties in a few words, for a row of a table."""
    reads = list(reads)
    if all(read.complete for read in reads):
        until = instant_words(min(read.read_until for read in reads))
        return gettext("no report found up to %(until)s", until=until)
    return gettext("not known (%(reads)s)", reads=parts(_read_words(read, relationship) for read in reads))


def _read_words(read: Coverage, relationship: Relationship) -> str:
    side = side_name(read.side, relationship)
    if read.share:
        return gettext("%(side)s read %(share)s", side=side, share=percent(read.share))
    return gettext("%(side)s not read", side=side)


def figure(share: float | None) -> str:
    """A measured share in whole percent; a dash where nothing was counted."""
    return "–" if share is None else _in_percent(round(share * 100))


def confidence_words(share: float) -> str:
    """`8 of 10 like this were right`: rounded down, as shares are everywhere."""
    tenths = int(share * 10 + 1e-9)
    if not tenths:
        return gettext("fewer than 1 of 10 like this were right")
    return gettext("%(tenths)s of 10 like this were right", tenths=tenths)


def interval(estimate: Interval) -> str:
    """`78 % (60–95 %)`: a share with its 95 % interval, outwards to whole numbers."""
    return f"{round(estimate.value * 100)} % ({math.floor(estimate.low * 100)}–{math.ceil(estimate.high * 100)} %)"
