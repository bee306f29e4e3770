"""What a channel page lists as corrections."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.make import change, contact, moment, source
from tracker.model import Outcome, State
from tracker.web.board import taken_back

EARLY, LATE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
CUT = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=EARLY)
MET = contact(Outcome.HELD, "2021-09-28", id=1, recorded_at=EARLY)
AGAIN = replace(CUT, id=2, replaces=1, recorded_at=LATE)


def corrections(*rows):
    return taken_back(rows, moment("2024-03-01", LATE))


def test_a_row_that_gained_only_sources_was_not_corrected():
    heard = replace(AGAIN, sources=(source(side="us"), source(side="cn", url="https://example.org/2")))
    assert corrections(CUT, heard) == []


def test_a_row_that_told_something_else_or_was_withdrawn_is_listed():
    assert corrections(CUT, replace(AGAIN, cause="Better put.")) == [CUT]
    withdrawn = replace(CUT, withdrawn_at=LATE)
    assert corrections(withdrawn, AGAIN) == [withdrawn]


def test_a_contact_stands_though_a_status_change_of_its_number_was_replaced():
    assert corrections(CUT, replace(AGAIN, cause="Better put."), MET) == [CUT]
