"""The form in which a reviewer decides: what was typed as a choice, and what that choice would change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from markupsafe import Markup

from tracker.errors import Faults, Refused
from tracker.measuring.sampling import ELSEWHERE
from tracker.model import Channel, Contact, Level, Moment, Outcome, PartialDate, Relationship, State, StatusChange
from tracker.record.disputes import OF_SIDE
from tracker.record.history import ChannelView, view
from tracker.record.rows import LONGEST_WORDS, no_round
from tracker.record.slips import slips
from tracker.reviewing.review import Choice, Question, check, cited_for, rows_of, why_of
from tracker.reviewing.writing import Row, Written, writes
from tracker.tongue import gettext, msg
from tracker.web.sent import whole_number
from tracker.web.words import filled, said, told

Vocabulary = TypeVar("Vocabulary", bound=StrEnum)

FIELDS = (
    "state", "effective", "expected", "cause",
    "outcome", "date", "end", "announced", "form", "place", "persons", "round", "asked_by", "note",
)  # fmt: skip
"""The names of the form's fields, in its order; each is an attribute of Choice."""

REASONS = (
    msg("Not about this channel"),
    ELSEWHERE,
    msg("Tells of an earlier event again"),
    msg("Says what might be, not what was"),
    msg("Other parties, not these two"),
    msg("The date or the event is wrong"),
    msg("A duplicate of another candidate"),
)
"""Reasons for a rejection that are one choice away; anything else is typed."""

DATE_REMEDY = msg("Write YYYY-MM-DD, YYYY-MM or YYYY: only what is known.")


def typed(choice: Choice) -> dict[str, str]:
    """A choice as the text of the form's fields."""
    told = {name: str(getattr(choice, name) or "") for name in FIELDS} | level_fields(choice.levels)
    return told | ({"another": "1"} if choice.another else {})


def choice_from(form: Mapping[str, str]) -> Choice:
    """What a reviewer typed. Raises Refused that names each field that cannot be read."""
    choice, faults = _read(form)
    faults.check()
    return choice


def checked_choice(form: Mapping[str, str], channel: str, parties: Collection[str], today: date) -> Choice:
    """What a reviewer typed, where it can be recorded. Raises Refused that names each field that cannot be read, and
    each in whose way that does not stand and which is wrong all the same.
    """
    choice, faults = _read(form)
    with faults.gathered(unread=faults.fields):
        check(choice, channel, parties, today)
    faults.check()
    return choice


def _read(form: Mapping[str, str]) -> tuple[Choice, Faults]:
    """What can be read of a form, and what is wrong with the rest."""
    read: dict[str, Any] = {}
    faults = Faults()
    for name in FIELDS:
        with faults.gathered():
            read[name] = _READERS.get(name, text_from)(form, name)
    levels = {side: level for side, level in levels_from(form, faults).items() if level}
    another = bool(form.get("another"))
    return Choice(**read | {"cause": read.get("cause") or "", "levels": levels, "another": another}), faults


def level_fields(levels: Mapping[str, Level | None]) -> dict[str, str]:
    """Levels by side as the text of a form's fields."""
    return {f"{OF_SIDE}{side}": level or "" for side, level in levels.items()}


def levels_from(form: Mapping[str, str], faults: Faults) -> dict[str, Level | None]:
    """At which level the documents of each side say that they met, for the sides for which a form asks."""
    levels: dict[str, Level | None] = {}
    for name in form:
        if name.startswith(OF_SIDE):
            with faults.gathered():
                levels[name.removeprefix(OF_SIDE)] = word_from(form, name, Level)
    return levels


def reason_from(form: Mapping[str, str]) -> str:
    """Why a candidate is turned down: the reason chosen, the words typed, or both; empty when neither."""
    return ": ".join(part for name in ("reason", "reason_text") if (part := text_from(form, name)))


def reason_mark(reason: str | None) -> Markup:
    """A reason that was given, for a page: one that is offered in the reader's language, other words as they stand."""
    offered = next((one for one in REASONS if reason and (reason == one or reason.startswith(f"{one}: "))), None)
    if offered is None or reason == offered:
        return told(reason) if reason else Markup("")
    typed_words = reason.removeprefix(f"{offered}: ")
    return filled(gettext("%(reason)s: %(words)s"), reason=gettext(offered), words=said(typed_words))


def text_from(form: Mapping[str, str], name: str) -> str | None:
    """Raises Refused for words that no page could show whole."""
    text = form.get(name, "").strip()
    if len(text) > LONGEST_WORDS:
        long, most = f"{len(text):,}", f"{LONGEST_WORDS:,}"
        raise Refused(
            gettext("That is %(count)s characters long.", count=long),
            gettext("Say it in at most %(most)s.", most=most),
            field=name,
        )
    return text or None


def word_from(form: Mapping[str, str], name: str, vocabulary: type[Vocabulary]) -> Vocabulary | None:
    text = text_from(form, name)
    if text is None:
        return None
    try:
        return vocabulary(text)
    except ValueError:
        raise Refused(
            gettext("%(value)s is not possible here.", value=repr(text)),
            gettext("Choose one of %(known)s.", known=", ".join(vocabulary)),
            field=name,
        ) from None


def partial_from(form: Mapping[str, str], name: str) -> PartialDate | None:
    text = text_from(form, name)
    try:
        return PartialDate(text) if text else None
    except ValueError:
        raise Refused(
            gettext("%(value)s cannot be read as a date.", value=repr(text)), gettext(DATE_REMEDY), field=name
        ) from None


def day_from(form: Mapping[str, str], name: str) -> date | None:
    text = text_from(form, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(
            gettext("%(value)s cannot be read as a day.", value=repr(text)), gettext("Write YYYY-MM-DD."), field=name
        ) from None


def round_from(form: Mapping[str, str], name: str) -> int | None:
    text = text_from(form, name)
    if text is None:
        return None
    number = whole_number(text)
    if number is None:
        raise no_round(text)
    return number


_READERS: Mapping[str, Callable[[Mapping[str, str], str], Any]] = {
    "state": partial(word_from, vocabulary=State),
    "effective": partial_from,
    "expected": partial_from,
    "outcome": partial(word_from, vocabulary=Outcome),
    "date": partial_from,
    "end": day_from,
    "announced": day_from,
    "round": round_from,
}
"""How each field is read; any other is words."""


@dataclass(frozen=True)
class Preview:
    """The channel on the dashboard before and after a choice is recorded, what becomes of each of its rows, and why it
    is asked.
    """

    before: ChannelView
    after: ChannelView
    written: tuple[Written, ...]
    why: str


def preview(
    asked: Question,
    channel: Channel,
    relationship: Relationship,
    changes: Iterable[StatusChange],
    contacts: Iterable[Contact],
    moment: Moment,
) -> Preview:
    """What accepting a candidate as it is asked would do and show, given the rows of the channel that are in force."""
    changes, contacts = list(changes), list(contacts)
    written = writes(_rows(asked, asked.choice), asked.standing)
    added = [one.row for one in written if one.stands is None]
    kept = [row for row in (*changes, *contacts) if not any(one.corrects == row for one in written)]
    after = [*kept, *added]
    return Preview(
        before=view(channel, relationship, changes, contacts, moment),
        after=view(
            channel,
            relationship,
            [row for row in after if isinstance(row, StatusChange)],
            [row for row in after if isinstance(row, Contact)],
            moment,
        ),
        written=written,
        why=why_of(asked, written),
    )


def doubts(asked: Question, choice: Choice) -> tuple[str, ...]:
    """In which of its dates a choice looks like a slip, each in a sentence; none of what is on record already."""
    if asked.told and dates_of(choice) == dates_of(asked.choice):
        return ()
    rows = _rows(asked, choice)
    contact = next((row for row in rows if isinstance(row, Contact)), None)
    return tuple(slip for row in rows if isinstance(row, StatusChange) for slip in slips(row, contact))


def dates_of(choice: Choice) -> str:
    """What a reviewer confirms when they say that the dates are right: another text for any other choice of them."""
    told = (choice.state, choice.effective, choice.expected, choice.outcome, choice.date, choice.end, choice.announced)
    return " ".join(str(one or "-") for one in told)


def _rows(asked: Question, choice: Choice) -> tuple[Row, ...]:
    """The rows of a choice as the record would show them, its state first, as far as it is complete."""
    told = rows_of(asked.candidate.channel, choice, cited_for(asked.candidate, choice))
    return tuple(row for row in reversed(told) if _complete(row))


def _complete(row: Row) -> bool:
    return bool(row.effective if isinstance(row, StatusChange) else row.date or row.announced)
