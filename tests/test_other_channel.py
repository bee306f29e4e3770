"""“Not this channel but…”: what moves, what it joins, what later releases do, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.make import sighting
from tests.test_intake import NOTHING, candidate, stored
from tests.test_regroup import merged
from tests.test_review import CN, US, arrive, decide, page
from tracker.errors import Conflict, Refused, Stale
from tracker.model import Move, PartialDate, Signal, State, Status
from tracker.operating.verify import verify
from tracker.reviewing.cases import Exported
from tracker.reviewing.holding import hold
from tracker.reviewing.regroup import back_to_channel, split, to_channel
from tracker.reviewing.review import accept, undo

ON_8 = sighting(date=PartialDate("2024-01-08"), starts=None)
ELSEWHERE = replace(ON_8, channel="mmca")


def moved(service, found, channel="mmca", by="ben", note=None):
    return to_channel(
        service.store, found.id, found.version, channel, by=by, at=service.clock(), note=note
    )  # fmt: skip


def taken_back(service, found, by="ana"):
    return back_to_channel(service.store, found.id, found.version, by=by, at=service.clock())


def sides(found):
    return sorted(seen.release.side for seen in found.sightings)


@pytest.fixture
def talks(seeded_2023):
    (found,) = arrive(seeded_2023, US, ON_8)
    return found


def test_it_waits_on_the_other_channel_and_the_old_one_says_where_it_went_who_moved_it_and_why(seeded_2023, talks):
    old, new = moved(seeded_2023, talks, note="The maritime talks are meant.")
    assert (old.status, old.merged_into, old.sightings) == (Status.MERGED, new.id, ())
    assert (new.channel, new.status, new.signal, str(new.date)) == ("mmca", Status.PENDING, Signal.HELD, "2024-01-08")
    (row,) = new.regroupings
    assert old.regroupings == (row,)
    assert (row.move, row.taken_from, row.given_to, row.by, row.note) == (
        Move.CHANNEL, old.id, new.id, "ben", "The maritime talks are meant.",
    )  # fmt: skip
    assert new.sightings[0].joined_because is None, "it begins with it"
    with pytest.raises(Stale, match=f"ben was first: moved it to another channel, as candidate {new.id}"):
        moved(seeded_2023, talks, by="ana")


def test_accepting_it_there_records_it_there(seeded_2023, talks):
    before = page(seeded_2023)
    _, new = moved(seeded_2023, talks)
    decide(seeded_2023, new)
    assert str(page(seeded_2023, "mmca").last_contact.date) == "2024-01-08"
    assert page(seeded_2023) == before


def test_it_joins_the_candidate_of_that_channel_that_tells_of_the_same_event(seeded_2023, talks):
    (there,) = arrive(seeded_2023, CN, ELSEWHERE)
    arrive(
        seeded_2023,
        replace(CN, url="https://cn.example/2", title="别的"),
        replace(ELSEWHERE, date=PartialDate("2023-03")),
    )
    old, new = moved(seeded_2023, talks)
    assert (new.id, sides(new), old.merged_into) == (there.id, ["cn", "us"], there.id)
    assert {seen.joined_because for seen in new.sightings} == {
        None,
        f"ben moved candidate {old.id} of dpct to this one.",
    }


def test_a_new_side_brings_back_what_was_decided_or_put_aside_there(seeded_2023, talks):
    (there,) = arrive(seeded_2023, CN, ELSEWHERE)
    decide(seeded_2023, there)
    _, new = moved(seeded_2023, talks)
    assert (new.id, new.status, new.again) == (there.id, Status.PENDING, "A side that had not spoken now reports it.")


def test_what_was_put_aside_comes_back_where_a_new_side_is_moved_to_it(seeded_2023, talks):
    (there,) = arrive(seeded_2023, CN, ELSEWHERE)
    hold(seeded_2023.store, there.id, there.version, by="ana", at=seeded_2023.clock(), reason="Wait.")
    _, new = moved(seeded_2023, talks)
    assert (new.id, new.held(seeded_2023.clock())) == (there.id, None)


def test_what_is_probably_nothing_waits_once_a_reviewer_says_where_it_belongs(seeded_2023):
    arrive(seeded_2023, US, NOTHING)
    (found,) = stored(seeded_2023, Status.UNLIKELY)
    _, new = moved(seeded_2023, found)
    assert (new.status, new.telling[0].joined_by) == (Status.PENDING, "ben")


def test_no_poll_moves_it_back_and_a_correction_is_told_where_it_is(seeded_2023, talks):
    old, new = moved(seeded_2023, talks)
    arrive(seeded_2023, US, ON_8)
    arrive(seeded_2023, replace(US, title="Talks (reworded)"), ON_8)
    assert [one.id for one in stored(seeded_2023, Status.PENDING)] == [new.id]
    corrected = replace(ON_8, date=PartialDate("2024-01-09"))
    arrive(seeded_2023, replace(US, title="Talks (corrected)"), corrected)
    now = candidate(seeded_2023, new.id)
    assert (str(now.date), len(now.sightings), candidate(seeded_2023, old.id).sightings) == ("2024-01-09", 1, ())
    assert "now says held, 2024-01-09" in now.again


def test_what_reads_as_a_report_only_later_is_told_where_it_was_moved(seeded_2023):
    arrive(seeded_2023, US, NOTHING)
    (found,) = stored(seeded_2023, Status.UNLIKELY)
    _, new = moved(seeded_2023, found)
    arrive(seeded_2023, US, replace(NOTHING, flagged=True))
    (now,) = stored(seeded_2023, Status.PENDING)
    assert (now.id, now.sightings[0].sighting.flagged, now.sightings[0].sighting.channel) == (new.id, True, "mmca")


def test_taken_back_it_is_as_it_was_and_the_other_says_so(seeded_2023, talks):
    _, new = moved(seeded_2023, talks)
    emptied, back = taken_back(seeded_2023, new)
    assert (back.id, back.channel, back.status, back.merged_into) == (talks.id, "dpct", Status.PENDING, None)
    assert [seen.sighting for seen in back.sightings] == [seen.sighting for seen in talks.sightings]
    assert (emptied.status, emptied.merged_into, emptied.sightings) == (Status.MERGED, back.id, ())
    assert [(row.taken_from, row.given_to) for row in back.regroupings] == [(talks.id, new.id), (new.id, talks.id)]
    arrive(seeded_2023, US, ON_8)
    assert [one.id for one in stored(seeded_2023, Status.PENDING)] == [talks.id]
    decide(seeded_2023, back)
    assert str(page(seeded_2023).last_contact.date) == "2024-01-08"


def test_taken_back_from_a_candidate_that_had_its_own_leaves_that_as_it_was(seeded_2023, talks):
    arrive(seeded_2023, CN, replace(ELSEWHERE, date=PartialDate("2024-01")))
    _, new = moved(seeded_2023, talks)
    assert str(new.date) == "2024-01-08"
    left, back = taken_back(seeded_2023, new)
    assert (left.status, sides(left), str(left.date)) == (Status.PENDING, ["cn"], "2024-01")
    assert (back.status, sides(back)) == (Status.PENDING, ["us"])
    with pytest.raises(Conflict, match="Nothing was moved"):
        taken_back(seeded_2023, left)


def test_it_can_be_moved_on_and_moved_home_by_hand(seeded_2023, talks):
    _, new = moved(seeded_2023, talks)
    _, further = moved(seeded_2023, new, "joint-staff")
    _, home = moved(seeded_2023, further, "dpct")
    assert (home.channel, len(home.sightings)) == ("dpct", 1)
    arrive(seeded_2023, US, ON_8)
    assert [one.id for one in stored(seeded_2023, Status.PENDING)] == [home.id]


def test_a_decision_that_rests_on_it_is_undone_first(seeded_2023, talks):
    _, new = moved(seeded_2023, talks)
    decided = decide(seeded_2023, new)
    with pytest.raises(Conflict, match="Undo that decision first"):
        taken_back(seeded_2023, decided)
    with pytest.raises(Conflict, match="Undo that decision first"):
        moved(seeded_2023, decided, "dpct")
    back = undo(seeded_2023.store, decided.id, decided.version, by="ana", at=seeded_2023.clock())
    assert taken_back(seeded_2023, back)[1].id == talks.id


def test_after_a_merge_or_a_split_only_what_is_still_there_goes_back(seeded_2023, talks):
    (other,) = arrive(
        seeded_2023, replace(US, url="https://us.example/3", title="Others"), sighting(signal=Signal.REFUSED)
    )
    _, whole = merged(seeded_2023, other, talks)
    _, new = moved(seeded_2023, whole)
    one = next(seen.id for seen in new.sightings if seen.release.url == "https://us.example/3")
    rest, own = split(seeded_2023.store, new.id, new.version, [one], by="ana", at=seeded_2023.clock())
    _, back = taken_back(seeded_2023, rest)
    assert [seen.release.url for seen in back.sightings] == ["https://us.example/1"]
    assert (candidate(seeded_2023, own.id).channel, candidate(seeded_2023, own.id).status) == ("mmca", Status.PENDING)


def test_what_was_split_off_as_a_whole_cannot_go_back_from_where_it_is_no_more(seeded_2023, talks):
    (there,) = arrive(seeded_2023, replace(CN, url="https://cn.example/9"), ELSEWHERE)
    _, joined = moved(seeded_2023, talks)
    assert joined.id == there.id
    came = [seen.id for seen in joined.sightings if seen.release.url == "https://us.example/1"]
    rest, _ = split(seeded_2023.store, joined.id, joined.version, came, by="ana", at=seeded_2023.clock())
    with pytest.raises(Conflict, match="Nothing was moved"):
        taken_back(seeded_2023, rest)


def test_it_joins_no_candidate_that_waits_for_a_second_person(seeded_2023):
    (held,) = arrive(seeded_2023, US, ON_8)
    decide(seeded_2023, held)
    told = sighting(signal=Signal.SUSPENDED, date=PartialDate("2024-01-20"), starts=None)
    (there,) = arrive(seeded_2023, CN, told)
    seeded_2023.clock.advance(seconds=1)
    waits = accept(
        seeded_2023.store, there.id, there.version, by="ana", at=seeded_2023.clock(), second={State.SUSPENDED}
    )
    assert waits.first_word
    (found,) = arrive(seeded_2023, replace(US, url="https://us.example/cut"), replace(told, channel="mmca"))
    with pytest.raises(Conflict, match="waits for a second person"):
        moved(seeded_2023, found, "dpct")
    assert candidate(seeded_2023, there.id) == waits


@pytest.mark.parametrize(
    ("channel", "says"),
    [("nowhere", "There is no channel"), ("", "No channel is chosen"), ("dpct", "stands on that channel already")],
)
def test_a_channel_that_cannot_be_is_refused_by_field(seeded_2023, talks, channel, says):
    with pytest.raises(Refused, match=says) as refused:
        moved(seeded_2023, talks, channel)
    assert refused.value.field == "channel"
    assert candidate(seeded_2023, talks.id) == talks


def test_the_chain_holds_each_move_and_who_made_it(seeded_2023, talks):
    _, new = moved(seeded_2023, talks, note="Maritime.")
    taken_back(seeded_2023, new)
    with seeded_2023.store.reading() as db:
        links = list(db.chain.links())[-2:]
    assert [link.kind for link in links] == ["regrouping", "regrouping"]
    assert "Maritime." in links[0].payload
    assert verify(seeded_2023.store).findings == ()


def test_what_was_moved_is_exported_as_a_case_of_the_channel_of_which_it_tells(seeded_2023, talks):
    _, new = moved(seeded_2023, talks)
    decide(seeded_2023, new)
    (case,) = list(Exported(seeded_2023.store))
    assert [update["channel"] for update in case["updates"]] == ["mmca"]
