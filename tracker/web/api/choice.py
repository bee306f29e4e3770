"""A reviewer's decision as sent, laid over what was proposed: pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tracker.errors import Faults, Refused
from tracker.model import PartialDate, Precision, Signal, State
from tracker.reviewing.review import Choice, with_plain_cause
from tracker.web.api.parameters import ContactBody, ReviewBody

_LENGTHS = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}

_OF_CONTACT = ("date", "end", "announced", "form", "place", "persons", "round", "asked_by")

_RECORDED = {"state", "effective", "precision", "expected", "contact", "levels", "another", "cause"}


def check_rejection(body: ReviewBody) -> None:
    """Raise Refused when a rejection asks for something to be recorded."""
    asked = sorted(_RECORDED & body.model_fields_set)
    if asked:
        raise Refused(
            "A rejection records nothing.", f"Leave {', '.join(asked)} out, or accept the candidate.", field=asked[0]
        )


def choice_of(body: ReviewBody, proposed: Choice, signal: Signal) -> Choice:
    """What to record of a `signal`: as proposed, but for what the body says. Raises Refused for impossible dates."""
    choice, faults = proposed, Faults()
    for laid in (_with_state, _with_contact, _with_levels):
        with faults.gathered():
            choice = laid(choice, body)
    faults.check()
    choice = with_plain_cause(choice, signal) if body.cause is None else replace(choice, cause=body.cause)
    return replace(choice, note=body.note or None)


@contextmanager
def named_as_sent() -> Iterator[None]:
    """Names fields of the contact that are refused as the body has them: `contact.end`."""
    faults = Faults()
    with faults.gathered():
        yield
    faults.renamed({name: f"contact.{name}" for name in _OF_CONTACT}).check()


def _with_state(proposed: Choice, body: ReviewBody) -> Choice:
    state = body.state if "state" in body.model_fields_set else proposed.state
    if state is None:
        _refuse_without_state(body)
        return replace(proposed, state=None, effective=None, expected=None)
    effective = body.effective or proposed.effective or proposed.date
    expected = proposed.expected if state is State.PLANNED else None
    if "expected" in body.model_fields_set:
        expected = body.expected
    if expected and state is not State.PLANNED:
        raise Refused("Only a planned channel expects a date.", "Leave expected out, or say planned.", field="expected")
    if body.precision and effective:
        effective = _coarsened(effective, body.precision)
    return replace(proposed, state=state, effective=effective, expected=expected)


def _refuse_without_state(body: ReviewBody) -> None:
    for name in ("effective", "precision", "expected"):
        if getattr(body, name) is not None:
            raise Refused(f"{name} says when a state holds, and none is to be recorded.", "Send a state.", field=name)


def _coarsened(when: PartialDate, precision: Precision) -> PartialDate:
    if _LENGTHS[precision] > len(when.value):
        raise Refused(
            f"{when} is not known to the {precision}.", "Send effective as precisely as it is known.", field="precision"
        )
    return PartialDate(when.value[: _LENGTHS[precision]])


def _with_levels(choice: Choice, body: ReviewBody) -> Choice:
    levels = {**choice.levels, **body.levels}
    return replace(choice, levels={side: level for side, level in levels.items() if level})


def _with_contact(choice: Choice, body: ReviewBody) -> Choice:
    if "contact" not in body.model_fields_set:
        return choice
    if body.contact is None:
        return replace(choice, outcome=None, **dict.fromkeys(_OF_CONTACT))
    return replace(choice, **_given(body.contact, choice))


def _given(contact: ContactBody, proposed: Choice) -> dict[str, object]:
    given = {name: getattr(contact, name) for name in contact.model_fields_set}
    if given.get("outcome", proposed.outcome) is None:
        raise Refused("A contact needs its outcome.", "Say held, announced, refused, …", field="contact.outcome")
    moved = "date" in given and given["date"] != proposed.date
    # The last day that was proposed belongs to the days that were proposed.
    return {"end": None} | given if moved else given
