"""Which candidates of the queue are shown, in which order, and how many there are of each kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.waiting import Waiting
from tests.make import sighting
from tests.test_review import CN, US, arrive, decide
from tracker.model import Category, PartialDate, Signal, State
from tracker.reviewing.review import reject, undo
from tracker.reviewing.triage import Age, Grouping, Order, Wanted, chosen, counted, following, grouped, in_order

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
CATEGORIES = {"dpct": Category.MILITARY, "climate": Category.OTHER}
ON_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
ON_9 = sighting(date=PartialDate("2024-01-09"), starts=None)


def waiting(number: int, **over) -> Waiting:
    values = {"channel": "dpct", "signal": Signal.HELD, "sides": frozenset({"us"}), "date": None, "starts": None}
    at = NOW - timedelta(hours=number)
    return Waiting(id=number, **(values | {"opened_at": at, "evidence_at": at} | over))


CANDIDATES = st.lists(
    st.builds(
        waiting,
        st.integers(1, 60),
        channel=st.sampled_from(sorted(CATEGORIES)),
        signal=st.sampled_from(list(Signal)),
        sides=st.frozensets(st.sampled_from(["us", "cn", "third-party"]), min_size=1),
        again=st.sampled_from([None, "It came back."]),
        disputed=st.booleans(),
        held=st.booleans(),
    ),
    unique_by=lambda one: one.id,
)


def numbers(found) -> list[int]:
    return [one.id for one in found]


def test_a_new_side_or_a_conflict_comes_first_then_a_change_of_state_then_the_oldest():
    queue = [
        waiting(1),
        waiting(2),
        waiting(3, signal=Signal.SUSPENDED),
        waiting(4, channel="climate"),
        waiting(5, signal=Signal.REFUSED, disputed=True),
        waiting(6, again="A side that had not spoken now reports it."),
    ]
    states = {"dpct": State.ACTIVE, "climate": State.SUSPENDED}
    assert numbers(in_order(queue, Order.MATTERS, states)) == [6, 5, 4, 3, 2, 1]
    newer = replace(queue[3], evidence_at=NOW)
    assert numbers(in_order([*queue[:3], newer], Order.MATTERS, states)) == [3, 4, 2, 1], "talks would resume it"
    assert numbers(in_order(queue, Order.NEWEST, states)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [1, 2, 3]),
        (Wanted(channel="climate"), [2]),
        (Wanted(category=Category.MILITARY), [1, 3]),
        (Wanted(signal=Signal.ENDED), [2]),
        (Wanted(side="cn"), [3]),
        (Wanted(again=True), [3]),
        (Wanted(second=True), [2]),
        (Wanted(held=True), [4]),
        (Wanted(side="us", category=Category.OTHER), [2]),
    ],
)
def test_each_filter_leaves_what_was_asked_for(wanted, found):
    queue = [
        waiting(1),
        waiting(2, channel="climate", signal=Signal.ENDED, first_by="ana"),
        waiting(3, sides=frozenset({"cn", "third-party"}), again="It came back."),
        waiting(4, held=True),
    ]
    assert numbers(chosen(queue, wanted, CATEGORIES)) == found


@given(CANDIDATES, st.sampled_from(list(Order)), st.sampled_from(list(Grouping)))
def test_every_candidate_is_in_one_group_and_counted_once(queue, order, by):
    shown = chosen(queue, Wanted(), CATEGORIES)
    ordered = in_order(shown, order, {"dpct": State.ACTIVE})
    assert sorted(numbers(ordered)) == sorted(numbers(shown))
    groups = grouped(ordered, by, NOW)
    assert sorted(one.id for group in groups for one in group.candidates) == sorted(numbers(shown))
    assert len({group.name for group in groups}) == len(groups)
    if by is not Grouping.AGE:
        told = attrgetter(by)
        assert [group.name for group in groups] == list(dict.fromkeys(told(one) for one in ordered))
    counts = counted(shown, NOW)
    assert counts.total == len(shown) == sum(counts.channels.values()) == sum(counts.signals.values())
    assert sum(counts.ages.values()) == len(shown)


def test_ages_are_counted_from_the_newest_evidence():
    counts = counted([waiting(1), waiting(24), waiting(25), waiting(24 * 30), waiting(24 * 31)], NOW)
    assert counts.ages == {Age.DAY: 2, Age.WEEK: 1, Age.MONTH: 1, Age.OLDER: 1}
    assert counts.oldest == NOW - timedelta(hours=24 * 31)


def test_after_the_last_one_the_first_follows_and_nothing_follows_the_only_one():
    queue = [waiting(1), waiting(2), waiting(3)]
    assert [following(queue, number).id for number in (1, 2, 3, 99)] == [2, 3, 1, 1]
    assert following(queue[:1], 1) is None
    assert following([], 1) is None


def listed(service, words=None):
    with service.store.reading() as db:
        return db.waiting.all(service.clock(), words)


def test_the_list_knows_which_sides_spoke_and_whether_they_disagree(seeded_2023):
    arrive(seeded_2023, US, ON_8)
    assert [(one.sides, one.disputed) for one in listed(seeded_2023)] == [({"us"}, False)]
    arrive(seeded_2023, CN, ON_9)
    assert [(one.sides, one.disputed) for one in listed(seeded_2023)] == [({"us", "cn"}, True)]


def test_what_joined_quietly_is_no_side_that_spoke(seeded_2023):
    arrive(seeded_2023, US, ON_8)
    arrive(seeded_2023, CN, replace(ON_8, flagged=False))
    (one,) = listed(seeded_2023)
    assert one.sides == {"us"}


def test_the_list_is_narrowed_by_words_of_a_release(seeded_2023):
    arrive(seeded_2023, US, ON_8)
    arrive(seeded_2023, replace(US, url="https://us.example/2", title="100% other"), sighting(signal=Signal.REFUSED))
    assert len(listed(seeded_2023)) == 2
    assert [one.signal for one in listed(seeded_2023, "00% OTHER")] == [Signal.REFUSED]


def similar(service, candidate):
    with service.store.reading() as db:
        found = db.waiting.similar(candidate.id, candidate.channel, candidate.signal, most=5)
    return [(one.decision.candidate, one.decision.verdict, one.decision.note) for one in found]


def test_similar_decisions_are_those_that_stand_on_the_same_channel_and_signal(seeded_2023):
    def talks(month):
        said = sighting(date=PartialDate(f"2022-{month:02}-05"), starts=None)
        document = replace(
            US, url=f"https://us.example/{month}", title=f"Month {month}", published=date(2022, month, 6)
        )
        return arrive(seeded_2023, document, said)[0]

    def turned_down(candidate, reason):
        seeded_2023.clock.advance(seconds=1)
        at = seeded_2023.clock()
        return reject(seeded_2023.store, candidate.id, candidate.version, by="ben", at=at, reason=reason)

    accepted, rejected, taken_back, asked = (talks(month) for month in (2, 4, 6, 8))
    (other,) = arrive(seeded_2023, replace(US, url="https://us.example/9"), sighting(signal=Signal.REFUSED))
    decide(seeded_2023, accepted)
    turned_down(rejected, "Routine.")
    turned_down(other, "Another signal.")
    back = turned_down(taken_back, "A slip.")
    undo(seeded_2023.store, back.id, back.version, by="ben", at=seeded_2023.clock())
    assert similar(seeded_2023, asked) == [(rejected.id, "reject", "Routine."), (accepted.id, "accept", None)]
    assert similar(seeded_2023, rejected) == [(accepted.id, "accept", None)]
    again = accepted_again(seeded_2023, accepted)
    undo(seeded_2023.store, again.id, again.version, by="ben", at=seeded_2023.clock())
    assert similar(seeded_2023, rejected) == [(accepted.id, "accept", None)], "the one beneath the undone one stands"


def accepted_again(service, candidate):
    """The candidate accepted once more, since the other side reports it too."""
    seen = candidate.sightings[0]
    document = replace(CN, url="https://cn.example/again", published=seen.release.published)
    (again,) = arrive(service, document, seen.sighting)
    return decide(service, again)
