"""The words of the pages: dates as precisely as they are known, instants in UTC, signs, sides and counts.

Pure functions, given to the templates as filters and globals by `register_filters`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

from tracker.model import (
    THIRD_PARTY,
    Candidate,
    Category,
    Contact,
    Entry,
    Level,
    Move,
    Outcome,
    PageState,
    PartialDate,
    Precision,
    Regrouping,
    Relationship,
    Sighting,
    Source,
    State,
    Status,
    StatusChange,
)
from tracker.polling.health import Fares
from tracker.polling.health import span_words as rhythm_words
from tracker.record.attest import corroboration
from tracker.record.differing import dispute_words
from tracker.record.disputes import OF_SIDE, Dispute, accounts, disputes
from tracker.record.fates import Promise
from tracker.record.history import DENIED, ChannelView, Claim
from tracker.record.lineage import entry_key
from tracker.tongue import ENGLISH, gettext, language, msg, msgs, name_of, ngettext, retold
from tracker.web.measures import confidence_words, figure, interval, percent, silence_in_short, silence_words
from tracker.web.narrowing import heeds_of, words_apart
from tracker.web.retold import (
    DEED_SIGNS,
    deed_words,
    deeds_words,
    differing_words,
    fate_words,
    field_words,
    promised_parts,
    value_words,
)
from tracker.web.reviewing.doubts import doubt_words
from tracker.web.reviewing.marks import ROLES, highlighted, highlighted_names, marked_field, reworded
from tracker.wording import (
    category_words,
    corroboration_words,
    count,
    date_words,
    day_words,
    form_words,
    instant_words,
    language_of,
    level_words,
    listed,
    outcome_words,
    parts,
    redated,
    side_in_text,
    side_name,
    span_words,
    state_words,
    unconfirmed_words,
)

STATE_SIGNS = {
    State.ACTIVE: "●",
    State.RESUMED: "◐",
    State.PLANNED: "◇",
    State.SUSPENDED: "‖",
    State.ENDED: "✕",
}

STATE_ORDER = tuple(STATE_SIGNS)
"""The order in which states are counted and offered."""

OUTCOME_SIGNS = {
    Outcome.HELD: "■",
    Outcome.ANNOUNCED: "□",
    Outcome.REFUSED: "⊘",
    Outcome.NO_ANSWER: "∅",
    Outcome.CANCELLED: "⊠",
    Outcome.POSTPONED: "↷",
}

PAGE_SIGNS = {
    PageState.EDITED: "✎",
    PageState.WORDS_CHANGED: "≠",
    PageState.MOVED: "→",
    PageState.GONE: "✕",
    PageState.SOFT_GONE: "✕",
}

_PAGE_WORDS = {
    PageState.SAME: msg("page unchanged since %(date)s"),
    PageState.EDITED: msg("page edited, seen %(date)s"),
    PageState.WORDS_CHANGED: msg("words cited from this page changed, seen %(date)s"),
    PageState.MOVED: msg("page moved, seen %(date)s"),
    PageState.GONE: msg("page gone since %(date)s"),
    PageState.SOFT_GONE: msg("something else stands at this address since %(date)s"),
}

CADENCE_WORDS = {
    "monthly": msg("monthly"),
    "quarterly": msg("every three months"),
    "semiannual": msg("twice a year"),
    "annual": msg("once a year"),
}

STATUS_WORDS = {
    Status.PENDING: msg("waiting"),
    Status.ACCEPTED: msg("accepted"),
    Status.REJECTED: msg("rejected"),
    Status.RECORDED: msg("on record already"),
    Status.UNLIKELY: msg("probably nothing"),
    Status.MERGED: msg("merged"),
}
FARES_WORDS = {
    Fares.FAILING: msg("cannot be read"),
    Fares.WARNING: msg("worth a look"),
    Fares.PAUSED: msg("paused"),
    Fares.NOT_READ_YET: msg("not read yet"),
    Fares.READ: msg("read"),
    Fares.OFF: msg("off"),
}
LANGUAGE_WORDS = {"en": msg("English"), "zh": msg("Chinese")}

_OUTCOME_CLAIMS = {
    Outcome.HELD: msgs("reports a contact that took place", "report a contact that took place"),
    Outcome.ANNOUNCED: msgs("announces a contact", "announce a contact"),
    Outcome.REFUSED: msgs("speaks of a contact refused", "speak of a contact refused"),
    Outcome.NO_ANSWER: msgs(
        "speaks of a contact asked for and not answered", "speak of a contact asked for and not answered"
    ),
    Outcome.CANCELLED: msgs("speaks of a contact cancelled", "speak of a contact cancelled"),
    Outcome.POSTPONED: msgs("speaks of a contact postponed", "speak of a contact postponed"),
}
"""What a party says of a contact, and what several do, as third parties are."""

_WEB_ADDRESS = re.compile(r"https?://[^\s]+", re.IGNORECASE)


def filled(text: str, **values: object) -> Markup:
    """A text with values in its `%(name)s`; marked-up ones stay so."""
    return Markup(text) % values  # noqa: S704 - texts are ours, and values are escaped here


def date_tag(value: PartialDate | date) -> Markup:
    """The same as a `time` element, which carries the ISO form."""
    return Markup('<time datetime="{}">{}</time>').format(value, date_words(value))


def contact_when(contact: Contact) -> Markup:
    """The days of a contact; an announced one without a day says when it was announced."""
    if contact.date:
        return Markup('<time datetime="{}">{}</time>').format(contact.date, span_words(contact.date, contact.end))
    if contact.announced:
        return filled(gettext("no date yet, announced %(date)s"), date=date_tag(contact.announced))
    return filled(gettext("date not known"))


def event_words(told: Candidate | Sighting) -> str:
    """The days of the event that a candidate or a sighting tells of, as far as they are known."""
    if told.date is None:
        return gettext("day not known")
    if told.starts is None:
        return date_words(told.date)
    return span_words(told.starts, told.date.last)


def instant_tag(instant: datetime) -> Markup:
    iso = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}</time>').format(iso, instant_words(instant))


def local_dates(instant: datetime, relationship: Relationship) -> str:
    """The dates in the two capitals where they differ: `North 23 Nov, South 24 Nov`; else nothing."""
    days = [instant.astimezone(ZoneInfo(party.timezone)).date() for party in relationship.parties]
    if len(set(days)) == 1:
        return ""
    named = zip(relationship.parties, days, strict=True)
    return parts(f"{name_of(party.names)} {day_words(day)}" for party, day in named)


def ago(instant: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits: `just now`, `41 min ago`, `3 h ago`, `5 days ago`."""
    passed = now - instant
    if passed < timedelta(minutes=1):
        return gettext("just now")
    if passed < timedelta(hours=1):
        return gettext("%(minutes)s min ago", minutes=passed // timedelta(minutes=1))
    if passed < timedelta(days=2):
        return gettext("%(hours)s h ago", hours=passed // timedelta(hours=1))
    return ngettext("%(num)s day ago", "%(num)s days ago", passed.days)


def interval_words(seconds: int) -> str:
    """`45 s`, `30 min`, `6 h`."""
    if seconds % 3600 == 0:
        return gettext("%(hours)s h", hours=seconds // 3600)
    if seconds % 60 == 0:
        return gettext("%(minutes)s min", minutes=seconds // 60)
    return gettext("%(seconds)s s", seconds=seconds)


def days_words(view: ChannelView) -> str:
    """How long the state has lasted, no more exactly than its beginning is known."""
    days = view.days_in_state
    if days is None:
        return ""
    if view.change.effective.precision is Precision.DAY:
        return ngettext("%(num)s day", "%(num)s days", days)
    years, months = days // 365, round(days / 30.44)
    coarse = view.change.effective.precision is Precision.YEAR or months >= 36
    if coarse and years:
        return ngettext("about %(num)s year", "about %(num)s years", years)
    if months:
        return ngettext("about %(num)s month", "about %(num)s months", months)
    return gettext("less than a month")


def state_mark(state: State | None) -> Markup:
    """Sign, word and colour of a state; without a state, the word alone."""
    if state is None:
        return Markup('<span class="state">{}</span>').format(gettext("no state"))
    return Markup(
        '<span class="state state-{}"><span class="sign" aria-hidden="true">{}</span> <b>{}</b></span>'
    ).format(state.value, STATE_SIGNS[state], state_words(state))


def outcome_mark(outcome: Outcome) -> Markup:
    return Markup(
        '<span class="outcome outcome-{0}"><span class="sign" aria-hidden="true">{1}</span> <b>{2}</b></span>'
    ).format(outcome.value, OUTCOME_SIGNS[outcome], outcome_words(outcome))


def word_mark(entry: StatusChange | Contact, relationship: Relationship) -> Markup:
    """On whose word a row rests: one dot for each party, filled where it speaks itself, and the same in words."""
    rests = corroboration(entry, relationship)
    dots = "".join("●" if rests in ("both", party.code) else "○" for party in relationship.parties)
    sentence = gettext("on the word of %(sides)s", sides=corroboration_words(rests, relationship))
    return Markup('<span class="word word-{}"><span class="dots" aria-hidden="true">{}</span> {}</span>').format(
        rests, dots, sentence
    )


def claim_words(claim: Claim) -> str:
    """What a side last said, as the end of a sentence that its name begins."""
    speakers = 2 if claim.side == THIRD_PARTY else 1
    if claim.says == DENIED:
        return ngettext("denies what the record tells", "deny what the record tells", speakers)
    if isinstance(claim.says, Outcome):
        return ngettext(*_OUTCOME_CLAIMS[claim.says], speakers)
    said = state_words(claim.says)
    return ngettext("says that the channel is %(state)s", "say that the channel is %(state)s", speakers, state=said)


def other_names(names: dict[str, str]) -> list[tuple[str, str]]:
    """The names in other languages than the one that is told, each with its language."""
    told = language() if language() in names else ENGLISH
    return [(lang, name) for lang, name in names.items() if lang != told]


def web_address(url: str | None) -> str | None:
    """The address if it is one of the web; nothing else becomes a link."""
    return url if url and _WEB_ADDRESS.fullmatch(url) else None


def source_link(url: str | None, title: str | Markup) -> Markup:
    """A title that leads to its source, or the title alone where the address is none of the web."""
    if address := web_address(url):
        return Markup('<a href="{}" rel="noopener" lang="{}">{}</a>').format(address, language_of(title), title)
    return Markup('<span lang="{}">{}</span>').format(language_of(title), title)


def page_words(state: PageState, since: datetime) -> Markup:
    """`page gone since 3 Nov 2026`: what we saw of a cited page, by the day in UTC."""
    return filled(gettext(_PAGE_WORDS[state]), date=date_tag(since.astimezone(UTC).date()))


def page_mark(source: Source) -> Markup:
    """What we saw of a source's page, where it is not as it was: sign, words and, where it moved, its new address."""
    mark = source.page
    if mark is None or mark.state is PageState.SAME:
        return Markup("")
    words = page_words(mark.state, mark.since)
    if address := web_address(mark.moved_to):
        link = Markup('<a href="{0}" rel="noopener">{0}</a>').format(address)
        words += filled(gettext(", now at %(address)s"), address=link)
    return Markup('<span class="page-mark"><span class="sign" aria-hidden="true">{}</span> {}</span>').format(
        PAGE_SIGNS[mark.state], words
    )


def entry_when(entry: StatusChange | Contact) -> Markup:
    return date_tag(entry.effective) if isinstance(entry, StatusChange) else contact_when(entry)


def is_change(entry: StatusChange | Contact) -> bool:
    return isinstance(entry, StatusChange)


def options(vocabulary: Iterable[State | Outcome | Level]) -> list[tuple[StrEnum, str]]:
    """Each word of a vocabulary with how it is written for readers."""
    return [(word, _OPTIONS[type(word)](word)) for word in vocabulary]


_OPTIONS = {State: state_words, Outcome: outcome_words, Level: level_words}


def words_of(vocabulary: Iterable[State | Outcome | Level]) -> list[tuple[str, str]]:
    """The same as plain text."""
    return [(word.value, text) for word, text in options(vocabulary)]


def level_labels(sides: Iterable[str], relationship: Relationship) -> dict[str, str]:
    """By its name the label of each field that asks at which level a party's documents say that the sides met: of the
    parties among the `sides` that are cited.
    """
    cited = set(sides)
    return {
        f"{OF_SIDE}{party.code}": gettext("Level told by %(side)s", side=side_in_text(party.code, relationship))
        for party in relationship.parties
        if party.code in cited
    }


def capitalised(words: str) -> str:
    """As the beginning of a line; names keep their capitals."""
    return words[:1].upper() + words[1:]


def regrouping_words(regrouping: Regrouping, candidate: Candidate) -> str:
    """What a reviewer did, as it looks from one of the two candidates, between their name and the other's number."""
    moved = ngettext("%(num)s sighting", "%(num)s sightings", len(regrouping.sightings))
    match regrouping.move, regrouping.taken_from == candidate.id:
        case Move.SPLIT, True:
            return gettext("split %(moved)s off into", moved=moved)
        case Move.SPLIT, False:
            return gettext("split this (%(moved)s) off from", moved=moved)
        case Move.MERGE, True:
            return gettext("merged this into")
        case Move.CHANNEL, True:
            return gettext("moved this to another channel, as")
        case Move.CHANNEL, False:
            return gettext("moved this (%(moved)s) here from", moved=moved)
    return gettext("merged into this (%(moved)s)", moved=moved)


def said(text: str | None) -> Markup:
    """A text of the record, marked where it is in another language than the page; empty where there is none."""
    if not text:
        return Markup("")
    written = language_of(text)
    return escape(text) if written == language() else Markup('<span lang="{}">{}</span>').format(written, text)


def told(text: str) -> Markup:
    """A text of ours that is chosen where the program runs, such as what was wrong: translated where it can be."""
    found = gettext(text)
    return said(retold(text) if found == text else found)


def promised_mark(promise: Promise) -> Markup:
    """A promise with the words of who made it, marked where they are in another language."""
    text, values = promised_parts(promise)
    return filled(text, **values | {"told": said(values["told"])})


def contested_mark(entry: Entry, relationship: Relationship, opposition: Dispute | None = None) -> Markup | None:
    """How accounts of an entry differ, the reviewer's note marked where it is in another language."""
    differing = (*disputes(entry, relationship), *filter(None, [opposition]))
    told = [said(entry.noted), *(dispute_words(d, relationship) for d in differing)]
    return Markup(" ").join(filter(None, told)) or None


def differed_mark(entry: Entry, relationship: Relationship) -> Markup | None:
    """How accounts of an entry differed before a reviewer settled it."""
    return contested_mark(replace(entry, settled=None), relationship)


def form_and_place(contact: Contact) -> Markup:
    """`video, Geneva`: how and where, as far as it is known."""
    form = form_words(contact.form) if contact.form else ""
    return Markup(parts(filter(None, [escape(form), said(contact.place)])))  # noqa: S704 - both are escaped


def lines(text: str | None) -> Markup:
    """A text whose line breaks are kept by the style sheet's `.lines`."""
    return Markup('<span class="lines" lang="{}">{}</span>').format(language_of(text), escape(text or ""))


def register_filters(app: Flask) -> None:
    """Give the templates these words."""
    for filters in (_TIMES, _VOCABULARIES, _NAMES, _RECORD, _REVIEW, _FIGURES, _TEXTS):
        app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(_GLOBALS)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _quarter(start: date) -> str:
    return gettext("%(year)s Q%(quarter)s", year=start.year, quarter=(start.month + 2) // 3)


def _on_whose_word(entry: StatusChange | Contact, pair: Relationship) -> str:
    return corroboration_words(corroboration(entry, pair), pair)


_TIMES = {
    "ago": ago,
    "cadence": lambda cadence: gettext(CADENCE_WORDS.get(cadence, cadence)),
    "date": date_tag,
    "date_words": date_words,
    "days": days_words,
    "entry_when": entry_when,
    "instant": instant_tag,
    "instant_words": instant_words,
    "local_dates": local_dates,
    "quarter": _quarter,
    "redated": redated,
    "rhythm": rhythm_words,
    "when": contact_when,
}

_VOCABULARIES = {
    "as_options": options,
    "category": category_words,
    "category_options": lambda categories: [(one, category_words(one)) for one in categories],
    "fares": lambda fares: gettext(FARES_WORDS[fares]),
    "form": lambda form: form_words(form) if form else "",
    "language": lambda lang: gettext(LANGUAGE_WORDS.get(lang, lang)),
    "outcome": outcome_mark,
    "outcome_words": outcome_words,
    "page_mark": page_mark,
    "page_words": page_words,
    "state": state_mark,
    "state_words": state_words,
    "status": lambda status: gettext(STATUS_WORDS[status]),
    "word": word_mark,
}

_NAMES = {
    "name": name_of,
    "other_names": other_names,
    "side": side_name,
    "side_in_text": side_in_text,
    "side_options": lambda sides, pair: [(side, side_name(side, pair)) for side in sides],
}

_RECORD = {
    "accounts": accounts,
    "claim": claim_words,
    "contested": contested_mark,
    "differed": differed_mark,
    "corroboration": corroboration_words,
    "dispute": dispute_words,
    "disputed": ChannelView.disputed,
    "disputes": disputes,
    "fate": fate_words,
    "field": field_words,
    "form_and_place": form_and_place,
    "is_change": is_change,
    "key": entry_key,
    "level": level_words,
    "unconfirmed": unconfirmed_words,
    "heeds": lambda view: " ".join(heeds_of(view)),
    "promised": promised_mark,
    "value": value_words,
    "word_of": _on_whose_word,
}

_REVIEW = {
    "deed": deed_words,
    "deeds": deeds_words,
    "differing": differing_words,
    "doubt": doubt_words,
    "event": event_words,
    "highlighted": highlighted,
    "highlighted_names": highlighted_names,
    "marked": marked_field,
    "regrouping": regrouping_words,
    "reworded": reworded,
}

_FIGURES = {
    "confidence": confidence_words,
    "count": count,
    "estimate": interval,
    "figure": figure,
    "interval": interval_words,
    "percent": percent,
    "silence": silence_words,
    "silence_in_short": silence_in_short,
}

_TEXTS = {
    "capitalize_first": capitalised,
    "lang": language_of,
    "lines": lines,
    "listed": listed,
    "said": said,
    "told": told,
    "web_address": web_address,
    "words_apart": words_apart,
    "words_of": words_of,
}

_GLOBALS = {
    "categories": tuple(Category),
    "deed_signs": DEED_SIGNS,
    "evidence_roles": ROLES,
    "level_labels": level_labels,
    "levels": tuple(Level),
    "outcomes": tuple(Outcome),
    "page_signs": PAGE_SIGNS,
    "source_link": source_link,
    "state_signs": STATE_SIGNS,
    "states": STATE_ORDER,
    "third_party": THIRD_PARTY,
}
