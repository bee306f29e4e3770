"""A reviewer splits and merges candidates: what moves, what is refused, and what later releases do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.make import sighting
from tests.test_intake import NOTHING, candidate, stored
from tests.test_review import CN, US, arrive, decide, page
from tracker.errors import Conflict, NotFound, Refused, Stale
from tracker.model import Move, PartialDate, Signal, Status
from tracker.reviewing.regroup import merge, split
from tracker.reviewing.review import reject, undo

ON_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
ON_9 = sighting(date=PartialDate("2024-01-09"), starts=None)
ON_20 = sighting(date=PartialDate("2024-01-20"), starts=None)
LATER = replace(US, url="https://us.example/20", title="Other talks", published=date(2024, 1, 20))


def of_side(found, *sides):
    return [seen.id for seen in found.sightings if seen.release.side in sides]


def told(found):
    return found.status, str(found.date), sorted(seen.release.side for seen in found.sightings)


def parted(service, found, *sides, by="ana"):
    return split(service.store, found.id, found.version, of_side(found, *sides), by=by, at=service.clock())


def merged(service, found, into, by="ana"):
    return merge(service.store, found.id, found.version, into.id, by=by, at=service.clock())


@pytest.fixture
def both(seeded_2023):
    """One candidate of the releases of both sides, which differ by a day."""
    arrive(seeded_2023, US, ON_8)
    (found,) = arrive(seeded_2023, CN, ON_9)
    assert len(found.sightings) == 2
    return found


def test_a_split_makes_two_candidates_each_with_its_own_date_and_keeps_who_did_it(seeded_2023, both):
    rest, own = parted(seeded_2023, both, "us")
    assert told(rest) == (Status.PENDING, "2024-01-09", ["cn"])
    assert told(own) == (Status.PENDING, "2024-01-08", ["us"])
    assert [seen.joined_because for one in (rest, own) for seen in one.sightings] == [None, None]
    (row,) = rest.regroupings
    assert (row,) == own.regroupings
    assert (row.move, row.taken_from, row.given_to, row.sightings, row.by, row.at) == (
        Move.SPLIT, both.id, own.id, tuple(of_side(own, "us")), "ana", seeded_2023.clock(),
    )  # fmt: skip
    assert rest.version > both.version


def test_what_was_split_is_not_joined_again_by_the_same_releases_nor_by_their_corrections(seeded_2023, both):
    rest, own = parted(seeded_2023, both, "cn")
    for document, said in ((US, ON_8), (CN, ON_9), (replace(CN, title="会晤举行（更正）"), ON_8)):
        arrive(seeded_2023, document, said)
    assert told(candidate(seeded_2023, rest.id)) == told(rest)
    assert told(candidate(seeded_2023, own.id)) == (Status.PENDING, "2024-01-08", ["cn"]), "it is told anew, apart"
    assert len(stored(seeded_2023, Status.PENDING)) == 2


def test_a_correction_does_not_bring_a_release_back_to_what_it_was_split_from(seeded_2023, both):
    rest, own = parted(seeded_2023, both, "cn")
    corrected = sighting(date=PartialDate("2024-01-07"), starts=None)
    arrive(seeded_2023, replace(CN, title="会晤举行（更正）"), corrected)
    assert told(candidate(seeded_2023, rest.id)) == told(rest)
    assert told(candidate(seeded_2023, own.id)) == told(own)
    assert "2024-01-07" in {str(one.date) for one in stored(seeded_2023, Status.PENDING)}, "it is not hidden either"


def test_what_was_taken_for_an_event_on_record_is_split_off_and_waits(seeded):
    arrive(seeded, US, ON_9)
    (found,) = arrive(seeded, CN, ON_9)
    assert found.status is Status.RECORDED
    rest, own = parted(seeded, found, "cn")
    assert (rest.status, own.status) == (Status.RECORDED, Status.PENDING)


@pytest.mark.parametrize(("side", "said"), [("us", ON_8), ("cn", ON_9)])
def test_after_a_split_a_later_release_joins_the_candidate_of_its_date(seeded_2023, both, side, said):
    candidates = dict(zip(("us", "cn"), parted(seeded_2023, both, "cn"), strict=True))
    (joined,) = arrive(seeded_2023, replace(CN, url="https://x.example/3", title="Third", side="third-party"), said)
    assert joined.id == candidates[side].id


def test_of_two_events_on_one_day_a_later_release_joins_the_one_in_which_its_side_spoke(seeded_2023):
    arrive(seeded_2023, US, ON_9)
    (found,) = arrive(seeded_2023, CN, ON_9)
    candidates = dict(zip(("us", "cn"), parted(seeded_2023, found, "cn"), strict=True))
    for side, document in (("us", US), ("cn", CN)):
        (joined,) = arrive(seeded_2023, replace(document, url=f"https://{side}.example/9", title="Further"), ON_9)
        assert joined.id == candidates[side].id


def test_a_merge_takes_a_split_back(seeded_2023, both):
    rest, own = parted(seeded_2023, both, "us")
    emptied, whole = merged(seeded_2023, own, rest)
    assert (emptied.status, emptied.merged_into, emptied.sightings) == (Status.MERGED, rest.id, ())
    assert told(whole) == (Status.PENDING, "2024-01-09", ["cn", "us"])
    assert [row.move for row in whole.regroupings] == [Move.SPLIT, Move.MERGE]
    (same,) = arrive(seeded_2023, US, ON_8)
    assert (same.id, len(same.sightings)) == (rest.id, 2)


def test_what_had_joined_quietly_goes_along_with_a_merge_and_is_cited_no_more_than_before(seeded_2023):
    (one,) = arrive(seeded_2023, US, ON_8)
    quiet = replace(NOTHING, date=ON_20.date, starts=None)
    arrive(seeded_2023, LATER, ON_20)
    (two,) = arrive(seeded_2023, replace(CN, published=date(2024, 1, 20)), quiet)
    assert len(two.sightings) == 2
    _, whole = merged(seeded_2023, two, one)
    assert len(whole.sightings) == 3
    decide(seeded_2023, whole)
    assert {source.url for source in page(seeded_2023).last_contact.sources} == {US.url, LATER.url}


def test_a_merge_keeps_the_date_of_the_candidate_that_takes_and_is_not_undone_by_a_replay(seeded_2023, both):
    (other,) = arrive(seeded_2023, LATER, ON_20)
    emptied, whole = merged(seeded_2023, other, both)
    assert told(whole) == (Status.PENDING, "2024-01-08", ["cn", "us", "us"])
    assert "ana merged candidate 2 into this one." in {seen.joined_because for seen in whole.sightings}
    (same,) = arrive(seeded_2023, LATER, ON_20)
    assert (same.id, len(same.sightings)) == (both.id, 3)
    moved = [seen.id for seen in whole.sightings if seen.joined_by]
    rest, own = split(seeded_2023.store, whole.id, same.version, moved, by="ben", at=seeded_2023.clock())
    assert (told(rest), told(own)) == (told(both), told(other)), "a split takes a merge back"
    assert emptied.id not in (rest.id, own.id)


def test_a_release_that_spoke_in_both_candidates_is_cited_once(seeded_2023):
    one, other = arrive(seeded_2023, US, ON_8, ON_20)
    _, whole = merged(seeded_2023, other, one)
    assert len(whole.sightings) == 2
    decide(seeded_2023, whole)
    assert [source.url for source in page(seeded_2023).sources] == [US.url]


def test_what_a_decision_rests_on_is_not_split_off_before_it_is_undone(seeded_2023, both):
    decided = decide(seeded_2023, both)
    with pytest.raises(Conflict, match=r"What ana accepted at 1 Feb 2024 12:00 UTC rests on “Talks.*Undo that"):
        parted(seeded_2023, decided, "us")
    (other,) = arrive(seeded_2023, LATER, ON_20)
    with pytest.raises(Conflict, match=r"accepted at .* rests on the releases of candidate 1. Undo that"):
        merged(seeded_2023, decided, other)
    assert candidate(seeded_2023, both.id) == decided
    undone = undo(seeded_2023.store, both.id, decided.version, by="ana", at=seeded_2023.clock())
    assert told(parted(seeded_2023, undone, "us")[1]) == (Status.PENDING, "2024-01-08", ["us"])


def test_what_joined_after_the_decision_is_split_off_and_the_decision_stands_as_it_was(seeded_2023):
    (found,) = arrive(seeded_2023, US, ON_8)
    decide(seeded_2023, found)
    (again,) = arrive(seeded_2023, CN, ON_9)
    assert again.status is Status.PENDING
    before = page(seeded_2023)
    rest, own = parted(seeded_2023, again, "cn")
    assert told(rest) == (Status.ACCEPTED, "2024-01-08", ["us"])
    assert rest.again is None
    assert told(own) == (Status.PENDING, "2024-01-09", ["cn"])
    assert page(seeded_2023) == before


def test_a_further_report_that_joined_a_decided_event_wrongly_is_brought_to_light(seeded_2023):
    (found,) = arrive(seeded_2023, US, ON_8)
    decide(seeded_2023, found)
    (joined,) = arrive(seeded_2023, LATER, ON_8)
    assert joined.status is Status.ACCEPTED
    newest = max(joined.sightings, key=lambda seen: seen.id)
    rest, own = split(seeded_2023.store, joined.id, joined.version, [newest.id], by="ana", at=seeded_2023.clock())
    assert (rest.status, own.status) == (Status.ACCEPTED, Status.PENDING)


@pytest.mark.parametrize(("document", "after"), [(LATER, Status.ACCEPTED), (replace(LATER, side="cn"), Status.PENDING)])
def test_a_merge_into_a_decided_candidate_brings_it_back_where_a_side_had_not_spoken(seeded_2023, document, after):
    (found,) = arrive(seeded_2023, US, ON_8)
    decide(seeded_2023, found)
    (other,) = arrive(seeded_2023, document, ON_20)
    _, whole = merged(seeded_2023, other, candidate(seeded_2023, found.id))
    assert (whole.status, str(whole.date)) == (after, "2024-01-08")
    moved = [seen.id for seen in whole.sightings if seen.joined_by]
    rest, _ = split(seeded_2023.store, whole.id, whole.version, moved, by="ana", at=seeded_2023.clock())
    assert rest.status is Status.ACCEPTED


def test_a_decision_that_a_further_side_brought_back_can_still_be_undone(seeded_2023):
    (found,) = arrive(seeded_2023, US, ON_8)
    decide(seeded_2023, found)
    (again,) = arrive(seeded_2023, CN, ON_9)
    undone = undo(seeded_2023.store, again.id, again.version, by="ana", at=seeded_2023.clock())
    assert (undone.status, undone.standing) == (Status.PENDING, None)
    assert page(seeded_2023).state == "suspended"


def test_what_is_probably_nothing_stays_so_alone_and_waits_with_what_waits(seeded_2023):
    arrive(seeded_2023, US, NOTHING)
    (unlikely,) = stored(seeded_2023, Status.UNLIKELY)
    (waiting,) = arrive(seeded_2023, LATER, ON_20)
    _, whole = merged(seeded_2023, waiting, unlikely)
    assert (whole.status, whole.again) == (Status.PENDING, "ana merged candidate 2 into it.")
    first = min(seen.id for seen in whole.sightings)
    rest, own = split(seeded_2023.store, whole.id, whole.version, [first], by="ana", at=seeded_2023.clock())
    assert (rest.status, own.status) == (Status.PENDING, Status.UNLIKELY)


def test_a_release_that_a_reviewer_put_there_is_cited_though_it_was_not_flagged(seeded_2023):
    (found,) = arrive(seeded_2023, US, ON_8)
    arrive(seeded_2023, LATER, replace(NOTHING, date=PartialDate("2024-01-20"), starts=None))
    (unlikely,) = stored(seeded_2023, Status.UNLIKELY)
    _, whole = merged(seeded_2023, unlikely, found)
    decide(seeded_2023, whole)
    assert {source.url for source in page(seeded_2023).sources} == {US.url, LATER.url}


def test_two_reviewers_at_once_the_second_hears_who_was_first_and_when(seeded_2023, both):
    _, own = parted(seeded_2023, both, "us", by="ben")
    with pytest.raises(Stale, match=rf"split into 1 and {own.id} by ben at 1 Feb 2024 12:00 UTC"):
        parted(seeded_2023, both, "cn")
    with pytest.raises(Stale, match="by ben at 1 Feb 2024 12:00 UTC"):
        decide(seeded_2023, both)
    merged(seeded_2023, own, both, by="ben")
    with pytest.raises(Stale, match="ben was first: merged it into candidate 1 at 1 Feb 2024 12:00 UTC"):
        decide(seeded_2023, own)
    with pytest.raises(Conflict, match="was merged into 1"):
        merged(seeded_2023, candidate(seeded_2023, own.id), both)


def test_what_cannot_be_moved_is_refused_in_words_and_nothing_changes(seeded_2023, both):
    (elsewhere,) = arrive(seeded_2023, LATER, replace(ON_20, channel="mmca"))
    store, who = seeded_2023.store, {"by": "ana", "at": seeded_2023.clock()}
    for chosen, words in [
        ([], "Nothing is to be split off"),
        (of_side(both, "us", "cn"), "Nothing would be left"),
        ([999], "Sighting 999 is none of candidate 1"),
    ]:
        with pytest.raises(Refused, match=words):
            split(store, both.id, both.version, chosen, **who)
    for into, words in [
        (both.id, "not merged into itself"),
        (elsewhere.id, "is of the channel mmca, this one of dpct"),
        (999, "There is no candidate 999"),
    ]:
        with pytest.raises(Refused, match=words):
            merge(store, both.id, both.version, into, **who)
    with pytest.raises(NotFound):
        split(store, 999, 1, [1], **who)
    assert candidate(seeded_2023, both.id) == both


def test_nothing_joins_a_candidate_that_was_merged(seeded_2023, both):
    (other,) = arrive(seeded_2023, LATER, ON_20)
    merged(seeded_2023, other, both)
    (new,) = arrive(seeded_2023, replace(LATER, url="https://us.example/21", title="Yet other"), ON_20)
    assert new.id not in (other.id, both.id)
    assert new.signal is Signal.HELD


def test_what_waits_brings_a_rejected_candidate_back_that_a_reviewer_merges_it_into(seeded_2023):
    """Also on the word of a side that had spoken: else what waited for a decision would be in no queue."""
    (rumour,) = arrive(seeded_2023, US, ON_8)
    who = {"by": "ana", "at": seeded_2023.clock()}
    reject(seeded_2023.store, rumour.id, rumour.version, reason="A rumour.", **who)
    (other,) = arrive(seeded_2023, LATER, ON_20)
    _, whole = merged(seeded_2023, other, candidate(seeded_2023, rumour.id))
    assert (whole.status, whole.again) == (Status.PENDING, f"ana merged candidate {other.id} into it.")
    moved = [seen.id for seen in whole.sightings if seen.joined_by]
    rest, own = split(seeded_2023.store, whole.id, whole.version, moved, by="ana", at=seeded_2023.clock())
    assert (rest.status, own.status) == (Status.REJECTED, Status.PENDING)
