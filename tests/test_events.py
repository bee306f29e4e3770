"""What happened to statements: which events the rows of the record make, and what each of them says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.make import CHANNEL, US_CHINA, change, contact, source
from tests.test_lineage import histories
from tracker.model import Outcome, Signal, Source, State
from tracker.news.digest import sections
from tracker.news.events import Event, What, events_of
from tracker.record.lineage import known_rows

START = datetime(2024, 1, 1, tzinfo=UTC)
TODAY = date(2024, 12, 1)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def row(number: int, day: int, **over):
    over = {"sources": (source(side="us", recorded_at=at(day)),)} | over
    return contact(Outcome.HELD, "2024-01-08", id=number, recorded_at=at(day), **over)


def happened(*rows, changes=(), since: int = 0, today: date = TODAY, known=None) -> list[Event]:
    return events_of(CHANNEL, US_CHINA, changes, rows, today=today, since=at(since), known=known or {})


def noted(events: list[Event]) -> dict:
    return {(event.statement, event.at): event.statements for event in events}


def told(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.key, event.what.value) for event in events]


def test_a_claim_appears_once_and_says_what_it_says_on_whose_word():
    (event,) = happened(row(1, 3, summary="They met."))
    assert (event.key, event.what, event.at) == ("contact-1-r0", What.FIRST, at(3))
    assert event.title == "Defense Policy Coordination Talks: contact held 8 Jan 2024"
    assert (event.told["detail"], event.told["on_the_word_of"]) == ("They met.", "the United States only")
    assert (event.before, event.reason) == (None, None)


def test_the_other_side_confirms_and_a_third_party_does_not():
    cited = [source(side=side, recorded_at=at(day)) for side, day in (("us", 0), ("third-party", 1), ("cn", 2))]
    events = happened(row(1, 0, sources=(*cited, source(side="cn", title="More", recorded_at=at(3)))))
    assert told(events) == [("contact-1-r0", "first"), ("contact-1-r2", "confirmed")]
    assert events[1].title.startswith("Confirmed by China: ")
    assert events[1].told["on_the_word_of"] == "both sides"


def test_a_confirmation_that_is_taken_back_is_a_correction():
    cited = source(side="us", recorded_at=at(0)), source(side="cn", recorded_at=at(1), withdrawn_at=at(2))
    events = happened(row(1, 0, sources=cited))
    assert [event.what for event in events] == ["first", "confirmed", "corrected"]
    assert events[2].before == "contact held 8 Jan 2024. On the word of both sides."
    assert events[2].told["on_the_word_of"] == "the United States only"


def test_a_side_that_says_otherwise_contests_and_does_not_confirm():
    held = source(side="us", says=Signal.HELD, recorded_at=at(0))
    refused = source(side="cn", title="No", says=Signal.REFUSED, recorded_at=at(1))
    events = happened(row(1, 0, sources=(held, refused)))
    assert [event.what for event in events] == ["first", "contested"]
    assert events[1].title.startswith("Contested: ")
    assert events[1].told["contested"] == (
        "The sides differ on whether it happened. United States: held; China: refused."
    )
    (seen,) = sections(events[1:], {"contact-1"})
    assert (seen.title, seen.items[0].before) == ("Contested: the sides differ", None)


def test_a_correction_takes_the_old_wording_back_and_a_withdrawal_says_why():
    first = row(1, 0, summary="They met in Beijing.")
    undone = {"withdrawn_at": at(4), "withdrawn_reason": "Undone."}
    second = row(2, 1, replaces=1, place="Xi’an", reason="A better source.", **undone)
    gone = replace(first, withdrawn_at=at(6), withdrawn_reason="It never took place.")
    events = happened(gone, second)
    assert told(events) == [
        ("contact-1-r0", "first"), ("contact-1-r1", "corrected"), ("contact-1-r2", "corrected"),
        ("contact-1-r3", "withdrawn"),
    ]  # fmt: skip
    assert events[1].before.startswith("contact held 8 Jan 2024. They met in Beijing.")
    assert events[1].told["words"] == "contact held 8 Jan 2024, Xi’an"
    assert events[1].reason == "A better source."
    assert events[2].before.startswith("contact held 8 Jan 2024, Xi’an.")
    assert events[2].told["detail"] == "They met in Beijing."
    assert (events[3].title.partition(":")[0], events[3].reason) == ("Withdrawn", "It never took place.")


def test_a_row_that_says_the_same_as_the_one_that_it_replaces_is_no_news():
    assert told(happened(row(1, 0), row(2, 1, replaces=1))) == [("contact-1-r0", "first")]


def test_what_stands_again_after_a_withdrawal_corrects_it():
    gone = row(1, 0, withdrawn_at=at(1), withdrawn_reason="Undone.")
    events = happened(gone, row(2, 2, replaces=1))
    assert [event.what for event in events] == ["first", "withdrawn", "corrected"]
    assert events[2].before.endswith("(withdrawn)")


def test_what_the_world_cannot_know_yet_is_told_on_its_day():
    coming = change(State.ENDED, "2024-06-01", id=5, recorded_at=at(0))
    assert happened(changes=[coming], today=date(2024, 5, 31)) == []
    assert told(happened(changes=[coming], today=date(2024, 6, 1))) == [("change-5-r0", "first")]


def test_a_contact_that_the_world_knows_a_day_later_than_the_change_of_its_decision_is_told_on_its_day():
    own = {"decision": 7, "recorded_at": at(9)}
    planned = change(State.PLANNED, "2024-01-10", id=1, **own)
    coming = contact(Outcome.ANNOUNCED, "2024-02-01", announced=date(2024, 1, 11), id=2, **own)
    first = happened(coming, changes=[planned], today=date(2024, 1, 10))
    assert told(first) == [("change-1-r0", "first")]
    then = happened(coming, changes=[planned], today=date(2024, 1, 11), known=noted(first))
    assert told(then) == [("contact-2-r0", "first")]
    assert happened(coming, changes=[planned], known=noted([*first, *then])) == []
    gone = replace(coming, withdrawn_at=at(12), withdrawn_reason="Undone.")
    assert told(happened(gone, changes=[planned], known=noted([*first, *then]))) == [("contact-2-r1", "withdrawn")]
    late = happened(coming, changes=[planned], today=date(2024, 1, 11))
    assert [event.statements for event in late] == [{"change-1", "contact-2"}], "one message where both are known"
    assert happened(coming, changes=[planned], known=noted(late)) == []


def test_the_contact_that_makes_a_channel_active_says_so():
    resumed = change(State.RESUMED, "2023-12-01", id=1, recorded_at=at(0))
    words = {event.key: event.told["words"] for event in happened(row(1, 1), changes=[resumed])}
    assert words["contact-1-r0"] == "contact held 8 Jan 2024; active since 8 Jan 2024"


def test_no_message_names_who_decided():
    second = row(2, 1, replaces=1, place="Xi’an", recorded_by="ana.reviewer")
    assert "ana" not in repr(happened(row(1, 0, recorded_by="ana.reviewer"), second))


@st.composite
def cited_histories(draw):
    """Rows that each say something else, with sources of any side that come later and may be taken back."""
    return [
        replace(one, place=f"Place {one.id}", sources=(*one.sources, *draw(st.lists(_sources(one.id), max_size=2))))
        for one in draw(histories(soonest=1))
    ]


@st.composite
def _sources(draw, number: int):
    came = draw(st.integers(number, number + 8))
    gone = draw(st.none() | st.integers(came, came + 8))
    side = draw(st.sampled_from(US_CHINA.sides))
    return source(side=side, title=f"{came}", recorded_at=at(came), withdrawn_at=gone and at(gone))


def as_known(cited: Source, day: int) -> Source:
    later = cited.withdrawn_at is not None and cited.withdrawn_at > at(day)
    return replace(cited, withdrawn_at=None) if later else cited


@given(cited_histories(), st.integers(0, 30), st.integers(0, 30))
def test_the_same_events_come_of_the_rows_at_any_time(rows, since, looked):
    every = happened(*rows)
    assert len({(event.statement, event.at) for event in every}) == len(every)
    assert happened(*rows, since=since) == [event for event in every if event.at >= at(since)]
    known = noted([event for event in every if event.at <= at(looked)])
    assert happened(*rows, known=known) == [event for event in every if event.at > at(looked)]
    as_it_was = [replace(one, sources=tuple(as_known(cited, looked) for cited in one.sources))
                 for one in known_rows(rows, at(looked))]  # fmt: skip
    assert happened(*as_it_was) == [event for event in every if event.at <= at(looked)]


@given(cited_histories())
def test_a_thread_begins_with_its_first_message_and_each_withdrawal_takes_back_what_stood(rows):
    threads: dict[str, list[Event]] = {}
    for event in happened(*rows):
        threads.setdefault(event.statement, []).append(event)
    for thread in threads.values():
        assert [event.what is What.FIRST for event in thread] == [True, *[False] * (len(thread) - 1)]
        for before, after in pairwise(thread):
            assert not (before.what is What.WITHDRAWN and after.what in (What.WITHDRAWN, What.CONFIRMED))


@st.composite
def decided_together(draw):
    """Such rows, the first of one decision with a status change that may be corrected and taken back."""
    first, *others = draw(cited_histories())
    own = {"decision": 7, "recorded_at": first.recorded_at, "sources": ()}
    gone = draw(st.none() | st.integers(2, 20))
    state = change(State.SUSPENDED, "2024-01-09", id=90, withdrawn_at=gone and at(gone), **own)
    again = draw(st.none() | st.integers(2, 20))
    more = [change(State.ENDED, "2024-01-09", id=91, recorded_at=at(again), replaces=90, sources=())] if again else []
    return [replace(first, decision=7), *others], [state, *more]


@given(decided_together(), st.integers(0, 30), st.integers(0, 30))
def test_what_one_decision_recorded_is_one_thread_that_begins_with_one_message(rows, since, looked):
    contacts, changes = rows
    every = happened(*contacts, changes=changes)
    assert len({(event.statement, event.at) for event in every}) == len(every)
    assert len({event.key for event in every}) == len(every)
    thread = [event for event in every if event.statement == "change-90"]
    assert not [event for event in every if event.statement == f"contact-{contacts[0].id}"]
    assert [event.what is What.FIRST for event in thread] == [True, *[False] * (len(thread) - 1)]
    kinds = [{event.told["kind"], *(one["kind"] for one in event.told["also"])} for event in thread]
    assert all(told <= {"change", "contact"} for told in kinds)
    assert happened(*contacts, changes=changes, since=since) == [event for event in every if event.at >= at(since)]
    known = noted([event for event in every if event.at <= at(looked)])
    left = [event for event in every if event.at > at(looked)]
    assert happened(*contacts, changes=changes, known=known) == left


@st.composite
def joined_later(draw):
    """A contact, and a decision that corrects it and adds a status change; either may be corrected and taken back."""
    joined, later = draw(st.integers(1, 10)), st.none() | st.integers(11, 25)
    met = row(1, draw(st.integers(0, joined - 1)))
    corrected = row(2, joined, replaces=1, place="Geneva", decision=9, withdrawn_at=at_or_none(draw(later)))
    gone = at_or_none(draw(later))
    told = {"decision": 9, "recorded_at": at(joined), "sources": (), "withdrawn_at": gone}
    changes = [change(State.SUSPENDED, "2024-01-09", id=90, **told)]
    if day := draw(later):
        changes.append(change(State.ENDED, "2024-01-09", id=91, replaces=90, recorded_at=at(day), sources=()))
    return [met, corrected], changes, joined


def at_or_none(day: int | None) -> datetime | None:
    return None if day is None else at(day)


@given(joined_later(), st.integers(0, 30), st.integers(0, 30))
def test_what_a_decision_adds_beside_what_it_corrects_is_told_in_the_thread_of_that(rows, since, looked):
    contacts, changes, joined = rows
    every = happened(*contacts, changes=changes)
    assert {event.statement for event in every} == {"contact-1"}
    assert len({event.key for event in every}) == len(every)
    assert [event.what is What.FIRST for event in every] == [True, *[False] * (len(every) - 1)]
    assert [event.at for event in every if event.opens] == [every[0].at, at(joined)]
    (opening,) = [event for event in every if event.at == at(joined)]
    assert (opening.what, opening.statements) == (What.CORRECTED, {"contact-1", "change-90"})
    assert all("change-90" not in event.statements for event in every if event.at < at(joined))
    assert happened(*contacts, changes=changes, since=since) == [event for event in every if event.at >= at(since)]
    known = noted([event for event in every if event.at <= at(looked)])
    left = [event for event in every if event.at > at(looked)]
    assert happened(*contacts, changes=changes, known=known) == left


JANUARY = st.dates(date(2024, 1, 2), date(2024, 1, 20))


@given(decided_together(), JANUARY, st.lists(JANUARY, min_size=2, max_size=4))
def test_on_whatever_days_one_looks_each_statement_is_told_first_once(rows, announced, days):
    contacts, changes = rows
    gone = {one.id: one.withdrawn_at for one in contacts if one.withdrawn_at}
    assume(all(one.recorded_at < gone.get(one.replaces, at(40)) for one in contacts))  # what is gone nobody corrects
    contacts = [replace(one, outcome=Outcome.ANNOUNCED, announced=announced) for one in contacts]
    every: list[Event] = []
    for day in sorted(days):
        every += happened(*contacts, changes=changes, today=day, known=noted(every))
    assert len({event.key for event in every}) == len(every)
    first = Counter(key for event in every if event.what is What.FIRST for key in event.statements)
    assert set(first.values()) <= {1}
    at_once = happened(*contacts, changes=changes, today=max(days))
    assert {key for event in every for key in event.statements} == {key for e in at_once for key in e.statements}
    assert happened(*contacts, changes=changes, today=max(days), known=noted(every)) == []


@given(cited_histories(), st.lists(st.integers(0, 30), max_size=6))
def test_after_each_digest_a_reader_holds_for_true_what_the_record_then_says(rows, days):
    events, held, heard, since = happened(*rows), {}, set(), -1
    for day in sorted({*days, 40}):
        found = sections([event for event in events if at(since) < event.at <= at(day)], heard)
        items = [item for section in found for item in section.items]
        assert len({item.event.statement for item in items}) == len(items), "a statement is told once"
        for item in items:
            key = item.event.statement
            assert (item.what is What.FIRST) == (key not in heard)
            if item.before and key in held:
                assert item.before.startswith(f"{held[key]}.")
            heard.add(key)
            held[key] = item.event.told["words"]
            if item.what is What.WITHDRAWN:
                del held[key]
        latest = {event.statement: event for event in events if event.at <= at(day)}
        stands = {key: event.told["words"] for key, event in latest.items() if event.what is not What.WITHDRAWN}
        assert held == stands
        since = day


def test_a_source_that_denies_what_is_told_is_told_as_such():
    denial = source(side="cn", title="No", denies=True, recorded_at=at(1))
    events = happened(row(1, 0, sources=(source(side="us", recorded_at=at(0)), denial)))
    assert [event.what for event in events] == ["first", "contested"]
    assert [(one["side"], one["denies"]) for one in events[1].told["sources"]] == [("us", False), ("cn", True)]
