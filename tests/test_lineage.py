"""Which rows are one statement, and that its key stays whatever is recorded later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.make import CHANNEL, US_CHINA, change, contact, moment, source
from tracker.model import Outcome, PartialDate, State
from tracker.record.history import in_force, view
from tracker.record.lineage import anchors, known_rows, lineages
from tracker.record.statement import Statement, statements

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def row(number: int, day: int, **over):
    return contact(Outcome.HELD, "2024-01-08", id=number, recorded_at=at(day), **over)


def keys(rows, day: int) -> dict[str, tuple[int, ...]]:
    return {found.key: tuple(one.id for one in found.rows) for found in lineages(rows, at(day))}


def told(rows, day: int = 99, changes=()) -> list[Statement]:
    seen = view(CHANNEL, US_CHINA, changes, rows, moment("2024-12-01", at(day)))
    return list(statements(seen, US_CHINA, changes, rows))


def test_a_row_and_its_corrections_are_one_statement_under_the_first_rows_key():
    rows = [row(1, 0), row(2, 1, replaces=1), row(3, 2, replaces=2), row(4, 2)]
    assert keys(rows, 0) == {"contact-1": (1,)}
    assert keys(rows, 9) == {"contact-1": (1, 2, 3), "contact-4": (4,)}
    corrected, other = lineages(rows, at(9))
    assert (corrected.standing.id, corrected.revisions, corrected.revised_at) == (3, 2, at(2))
    assert [one.id for one in corrected.earlier] == [2, 1]
    assert (other.revisions, other.earlier) == (0, ())


def test_a_second_row_that_replaces_what_was_replaced_already_is_a_statement_of_its_own():
    rows = [row(1, 0), row(2, 1, replaces=1), row(3, 2, replaces=1)]
    assert keys(rows, 9) == {"contact-1": (1, 2), "contact-3": (3,)}


def test_a_correction_that_was_taken_back_leaves_room_for_another():
    undone = row(2, 1, replaces=1, withdrawn_at=at(2), withdrawn_reason="Undone.")
    rows = [row(1, 0), undone, row(3, 4, replaces=1)]
    assert keys(rows, 9) == {"contact-1": (1, 2, 3)}
    (between,) = lineages(rows, at(3))
    assert (between.standing.id, between.revised_at) == (1, at(2)), "the first wording holds again, and that is news"
    assert between.earlier[0].withdrawn_reason == "Undone."


def test_what_was_withdrawn_keeps_its_key_and_says_what_it_said():
    (gone,) = told([row(1, 0, summary="They met.", withdrawn_at=at(3), withdrawn_reason="Not so.")])
    assert gone.withdrawn
    assert gone.key == "contact-1"
    assert gone.title.startswith("Withdrawn: Defense Policy Coordination Talks: contact held 8 Jan 2024")
    (before,) = told([row(1, 0, withdrawn_at=at(3), withdrawn_reason="Not so.")], day=2)
    assert not before.withdrawn
    assert before.told.withdrawn_reason is None, "nobody knew yet"


def test_a_further_source_is_a_revision_and_so_is_its_withdrawal():
    cited = source(recorded_at=at(0)), source(side="us", recorded_at=at(2), withdrawn_at=at(5))
    rows = [row(1, 0, sources=cited)]
    assert [lineages(rows, at(day))[0].revisions for day in (0, 3, 6)] == [0, 1, 2]
    (statement,) = told(rows, day=3)
    assert statement.on_the_word_of == "the United States only"


def test_a_correction_says_what_it_said_before():
    first = row(1, 0, summary="They met in Beijing.")
    second = row(2, 1, replaces=1, summary="They met in Xi’an.", end=date(2024, 1, 9))
    (statement,) = told([first, second])
    assert statement.title == "Corrected: Defense Policy Coordination Talks: contact held 8–9 Jan 2024"
    assert statement.earlier == ("contact held 8 Jan 2024. They met in Beijing.",)


def test_the_contact_that_makes_a_resumed_channel_active_says_so():
    resumed = change(State.RESUMED, "2023-12-01", id=1, recorded_at=at(0))
    found = {statement.key: statement.title for statement in told([row(1, 0)], changes=[resumed])}
    assert found["contact-1"].endswith("contact held 8 Jan 2024; active since 8 Jan 2024")
    assert set(found) == {"change-1", "contact-1"}, "what follows by rule is told with the contact that it follows from"


def test_what_the_world_could_not_know_yet_is_not_told():
    later = replace(row(1, 0), date=PartialDate("2025-01-08"))
    assert told([later]) == []


def test_the_anchor_of_a_row_is_its_statement_where_it_tells_it():
    rows = [row(1, 0), row(2, 1, replaces=1)]
    found = anchors([change(State.ACTIVE, "2020", id=2, recorded_at=at(0))], rows, at(9))
    assert (found["contact-2"], found["contact-1"], found["change-2"]) == ("contact-1", None, "change-2")


@st.composite
def histories(draw, soonest: int = 0):
    """Rows as the record can make them: each replaces an older one or none, and may be withdrawn, `soonest` days later.
    In the very instant of its recording a row could be withdrawn up to version 0.2 alone.
    """
    rows = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        replaces = draw(st.none() | st.integers(1, number - 1)) if number > 1 else None
        withdrawn = draw(st.none() | st.integers(number + soonest, number + 12))
        stamp = {"withdrawn_at": at(withdrawn), "withdrawn_reason": "Undone."} if withdrawn else {}
        rows.append(row(number, number, replaces=replaces, **stamp))
    return rows


@given(histories(), st.integers(0, 20))
def test_every_known_row_is_in_one_statement_whose_key_never_changes(rows, day):
    found = lineages(rows, at(day))
    assert sorted(one.id for family in found for one in family.rows) == [one.id for one in known_rows(rows, at(day))]
    later = {one.id: family.key for family in lineages(rows, at(99)) for one in family.rows}
    assert all(later[one.id] == family.key for family in found for one in family.rows)
    standing = {one.id for one in in_force(rows, at(day))}
    assert {family.standing.id for family in found if family.standing} <= standing
    for family in found:
        assert (family.standing is None) == standing.isdisjoint(one.id for one in family.rows)


@given(histories())
def test_revisions_never_shrink(rows):
    for key in keys(rows, 99):
        counts = [one.revisions for day in range(22) for one in lineages(rows, at(day)) if one.key == key]
        assert counts == sorted(counts)


def test_of_what_was_withdrawn_the_wording_that_held_last_is_told_and_not_the_one_that_was_recorded_last():
    undone = row(2, 1, replaces=1, withdrawn_at=at(2), withdrawn_reason="Undone.")
    (gone,) = lineages([row(1, 0, withdrawn_at=at(4), withdrawn_reason="Not so."), undone], at(9))
    assert (gone.told.id, gone.told.withdrawn_reason) == (1, "Not so.")
    assert [one.id for one in gone.earlier] == [2]
