"""A brief in English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tracker.brief.book import Looked, SidesRead, alike, holes_of, looked
from tracker.brief.news import News, NewsKind
from tracker.model import Contact, StatusChange
from tracker.record.coverage import Coverage
from tracker.tongue import name_of
from tracker.wording import change_words, count, entry_words, instant_words, listed, side_in_text, side_name

LONGEST_PLACE = 60
"""Characters of a place that is told; a longer one stands on the claim's page."""


DETAILS = "details corrected"

MISSING = "what was said meanwhile may be missing"


class English:
    between = " "
    most = 150

    def size(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def told(self, group: Sequence[News]) -> str:
        news, *others = group
        names = [name_of(one.channel.names) for one in group]
        if others:
            words = change_words(news.told)
            return f"{words[0].upper()}{words[1:]}{_on_whose_word(news)}: {'; '.join(names)}."
        return f"{names[0]}: {_words(news)}{_end(news)}."

    def opening(self, after: datetime, number: int) -> str:
        since = instant_words(after)
        if not number:
            return f"Nothing changed on the record since {since}."
        return f"Since {since}, {count(number, 'change')} on the record."

    def more(self, number: int) -> str:
        return f"And {count(number, 'more change', 'more changes')}."

    def coverage(self, read: Sequence[SidesRead], after: datetime) -> str:
        since = _since(read, after)
        match alike(read):
            case Looked.WHOLE:
                until = instant_words(min(one.until for one in read))
                return f"Both sides’ sources were read without a hole {since}, up to {until}."
            case Looked.NOT_AT_ALL:
                return f"Neither side’s sources were read {since}; {MISSING}."
            case Looked.NOT_AGAIN:
                return f"No source of either side was due again {since}."
            case Looked.NO_SOURCE:
                return f"Neither side had a source to be read {since}; {MISSING}."
        told = "; ".join(_pair_read(one, named=len(read) > 1) for one in read)
        return f"Sources {since}: {told}; {MISSING}."

    def coverage_in_short(self, *, whole: bool) -> str:
        if whole:
            return "All sources were read without a hole since then."
        return f"Not all sources were read since then; {MISSING}."


def _words(news: News) -> str:
    begins = news.statement.begins
    return f"{_entry(news.told)}; {change_words(begins)}" if begins else _entry(news.told)


def _entry(entry: StatusChange | Contact) -> str:
    """What a row says, without a place that is a sentence of its own."""
    if isinstance(entry, Contact) and len(entry.place or "") > LONGEST_PLACE:
        entry = replace(entry, place=None)
    return entry_words(entry)


def _end(news: News) -> str:
    match news.kind:
        case NewsKind.WITHDRAWN:
            return "; withdrawn, no longer on the record"
        case NewsKind.CONTESTED:
            return "; the sides now differ"
        case NewsKind.CONFIRMED:
            sides = listed(side_in_text(side, news.relationship) for side in news.confirmed_by)
            return f", now confirmed by {sides}"
        case NewsKind.CORRECTED:
            return f"{_on_whose_word(news)}; {_corrected(news)}"
        case NewsKind.DETAIL:
            return f"{_on_whose_word(news)}; {DETAILS}"
        case NewsKind.LAPSED:
            return f"{_on_whose_word(news)}; its time has passed without a report on the record"
    return f"{_kept(news)}{_on_whose_word(news)}"


def _corrected(news: News) -> str:
    if news.before.withdrawn:
        return "back on the record"
    earlier = _entry(news.before.told)
    return f"corrected from “{earlier}”" if earlier != _entry(news.told) else DETAILS


def _kept(news: News) -> str:
    if news.promise is None:
        return ""
    return ", later than announced" if news.promise.lapsed_on else ", as announced"


def _on_whose_word(news: News) -> str:
    if news.contested:
        return "; the sides differ"
    match news.statement.corroboration:
        case "both":
            return ", both sides say"
        case "none":
            return ", on the word of later sources"
        case side:
            return f", on the word of {side_in_text(side, news.relationship)} alone"


def _since(read: Sequence[SidesRead], after: datetime) -> str:
    """`since then`: a span too long to be looked at whole is named by its beginning."""
    begins = min(one.since for one in read)
    return "since then" if begins <= after else f"since {instant_words(begins)}"


def _pair_read(read: SidesRead, *, named: bool) -> str:
    told = "; ".join(f"{side_name(one.side, read.relationship)}, {_side_read(one)}" for one in read.sides)
    return f"{name_of(read.relationship.names)}: {told}" if named else told


def _side_read(read: Coverage) -> str:
    match looked(read):
        case Looked.WHOLE:
            return f"read without a hole up to {instant_words(read.read_until)}"
        case Looked.NOT_AT_ALL:
            return "not read"
        case Looked.NOT_AGAIN:
            return "not read again yet"
        case Looked.NO_SOURCE:
            return "no source to be read"
    holes = holes_of(read)
    span = f"from {instant_words(holes[0][0])} to {instant_words(holes[-1][1])}"
    return f"not all read {span}" if len(holes) == 1 else f"not all read, with {len(holes)} holes {span}"
