"""Whatever happens to the record through the program, it verifies, and every head that it ever had is met."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.load import RelationshipPack
from tests.chain.conftest import SAID
from tests.test_review import CN, US, arrive
from tracker.errors import Refused
from tracker.model import Candidate, Contact, PartialDate, Signal, State, Status
from tracker.operating.seed import seed
from tracker.operating.verify import verify
from tracker.record.history import in_force
from tracker.reviewing import amend
from tracker.reviewing.amend import ClaimName
from tracker.reviewing.regroup import back_to_channel, merge, split, to_channel
from tracker.reviewing.review import Choice, accept, reject, undo
from tracker.reviewing.second import confirm, refuse
from tracker.service import Service

CORRECTED = Choice(state=State.SUSPENDED, effective=PartialDate("2024-01-11"), cause="As corrected.", note="A note.")

DEEDS = [
    "arrive",
    "arrive",
    "accept",
    "accept",
    "correct",
    "reject",
    "undo",
    "split",
    "merge",
    "channel",
    "back",
    "first word",
    "confirm",
    "not confirm",
    "seed",
    "reword",
    "amend",
    "withdraw",
]
STEPS = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 40), st.sampled_from(list(Signal))), min_size=3, max_size=12
)


@given(steps=STEPS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_through_the_program_leaves_a_record_that_holds(lived_service: Service, steps) -> None:
    heads = []
    for what, number, signal in steps:
        # What cannot be done as things stand is refused, and leaves no trace.
        with suppress(Refused):
            step(lived_service, what, number, signal)
        with lived_service.store.reading() as db:
            heads.append(db.chain.head())
            assert list(db.chain.unlinked()) == []
    assert verify(lived_service.store, heads[0]).findings == ()
    with lived_service.store.reading() as db:
        assert [db.chain.hash_at(head.seq) for head in heads] == [head.hash for head in heads]
    assert heads == sorted(heads, key=lambda head: (head.seq, head.at))


def step(service: Service, what: str, number: int, signal: Signal) -> None:
    """One thing that somebody does; `number` chooses with what. Now and then the clock goes back a little."""
    service.clock.advance(minutes=number - 15)
    day = date(2024, 1, 1) + timedelta(days=number)
    if what == "arrive":
        words = {"url": f"https://example.org/{number}/{signal}", "title": f"会晤 {number} {signal}", "published": day}
        told = replace(SAID, signal=signal, date=PartialDate.of(day), starts=None)
        arrive(service, replace(CN if number % 2 else US, **words), told)
    elif what == "seed":
        until = date(2023, 11, 1) + timedelta(days=7 * number)
        seed(service.store, service.packs, at=service.clock(), until=until)
    elif what in ("amend", "withdraw"):
        mend(service, what, number)
    elif what == "reword":
        seed(service.store, [reworded(pack, f"Note {number}.") for pack in service.packs], at=service.clock())
    else:
        decide(service, what, number)


def reworded(pack: RelationshipPack, note: str) -> RelationshipPack:
    """The same record with another note on what it tells of one channel: the seed corrects those rows."""
    entries = (
        replace(one, entry=replace(one.entry, note=note)) if one.entry.channel == "dpct" else one
        for one in pack.entries
    )
    return replace(pack, entries=tuple(entries))


def mend(service: Service, what: str, number: int) -> None:
    with service.store.reading() as db:
        rows = in_force(db.record.entries_of("dpct")[1], service.clock())
    if rows:
        named = {"reason": "It was otherwise.", "by": "ana", "at": service.clock()}
        claim = ClaimName(Contact, rows[number % len(rows)].id)
        if what == "amend":
            amend.correct(service.store, claim, {"place": f"Place {number}"}, **named)
        else:
            amend.withdraw(service.store, claim, **named)


def decide(service: Service, what: str, number: int) -> None:
    with service.store.reading() as db:
        found = db.candidates.queue(Status.ACCEPTED if what == "undo" else Status.PENDING, most=50)
    if not found:
        return
    one, other = found[number % len(found)], found[-1]
    deeds: dict[str, Callable[..., object]] = {
        "accept": accept,
        "correct": lambda *asked, **named: accept(*asked, **named, choice=CORRECTED),
        "reject": lambda *asked, **named: reject(*asked, **named, reason="No update."),
        "undo": undo,
        "split": lambda *asked, **named: split(*asked, _some(one), **named),
        "merge": lambda *asked, **named: merge(*asked, other.id, **named),
        "channel": lambda *asked, **named: to_channel(*asked, "mmca", **named),
        "back": back_to_channel,
        "first word": lambda *asked, **named: accept(*asked, **named, second=frozenset(State)),
        "confirm": lambda *asked, **named: confirm(*asked, **(named | {"by": "ben"})),
        "not confirm": lambda *asked, **named: refuse(*asked, **(named | {"by": "ben"}), reason="No."),
    }
    deeds[what](service.store, one.id, one.version, by="ana", at=service.clock())


def _some(candidate: Candidate) -> list[int]:
    return [candidate.sightings[0].id]
