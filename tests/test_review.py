"""From a candidate to the record, and back by undo."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.make import moment, release, sighting, source
from tracker.errors import Conflict, Refused, Stale
from tracker.model import Contact, Outcome, PartialDate, Signal, State, Status, StatusChange, Verdict
from tracker.polling.intake import hand_in
from tracker.record.history import in_force, view
from tracker.reviewing.amend import ClaimName, cite, correct, withdraw
from tracker.reviewing.regroup import split, to_channel
from tracker.reviewing.review import accept, put_in_queue, question, reject, undo, with_plain_cause

US = release(title="Talks at the Pentagon", url="https://us.example/1", side="us")
CN = release(title="会晤举行", url="https://cn.example/1", side="cn", lang="zh", published=date(2024, 1, 10))


def arrive(service, document, *sightings):
    """Hand a document in as one that says `sightings`; answers its candidates."""
    return hand_in(
        service.store,
        document,
        lambda _: list(sightings),
        guid=document.url,
        canonical_url=document.url,
        now=service.clock(),
    ).candidates


def page(service, slug="dpct", day="2024-02-01"):
    with service.store.reading() as db:
        channel = next(c for c in db.record.channels() if c.slug == slug)
        return view(channel, db.record.relationships()[0], *db.record.entries_of(slug), moment(day))


def decide(service, candidate, **over):
    service.clock.advance(seconds=1)
    return accept(service.store, candidate.id, candidate.version, by="ana", at=service.clock(), **over)


def test_accepting_a_meeting_on_a_cut_channel_resumes_it_and_cites_the_release(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    assert page(seeded_2023).state is State.SUSPENDED
    decided = decide(seeded_2023, candidate)
    now = page(seeded_2023)
    assert (now.state, str(now.change.effective)) == (State.RESUMED, "2024-01-08")
    assert (str(now.last_contact.date), now.last_contact.end) == ("2024-01-08", date(2024, 1, 9))
    assert [source.url for source in now.sources] == ["https://us.example/1"]
    assert now.corroboration == "us"
    assert decided.status is Status.ACCEPTED
    assert (decided.decisions[0].decided_by, decided.decisions[0].decided_at) == ("ana", seeded_2023.clock())


def test_a_document_handed_in_again_with_its_lines_broken_elsewhere_is_no_edit(seeded_2023):
    """As where an earlier version kept them as a mail had wrapped them: what is found is told of the kept words."""
    read = []

    def add(summary):
        told = replace(US, summary=summary)
        at = {"guid": US.url, "canonical_url": US.url, "now": seeded_2023.clock()}
        return hand_in(seeded_2023.store, told, lambda said: read.append(said.summary) or [sighting()], **at)

    first, again = add("They met\nat the Pentagon."), add("They met at the Pentagon.")
    with seeded_2023.store.reading() as db:
        assert len(db.releases.history(first.release.id).revisions) == 1
    assert (again.release, again.candidates) == (first.release, first.candidates)
    assert read[-1] == "They met\nat the Pentagon."
    assert len(again.candidates[0].sightings) == 1


def test_both_sides_releases_about_one_event_are_sightings_of_one_candidate(seeded_2023):
    (first,) = arrive(seeded_2023, US, sighting())
    (second,) = arrive(seeded_2023, CN, sighting(date=PartialDate("2024-01-10"), starts=date(2024, 1, 9)))
    assert first.id == second.id
    assert {seen.release.side for seen in second.sightings} == {"us", "cn"}
    decide(seeded_2023, second)
    assert page(seeded_2023).corroboration == "both"


def test_the_other_side_brings_a_decided_candidate_back_and_makes_the_claim_corroborated(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    (again,) = arrive(seeded_2023, CN, sighting())
    assert (again.id, again.status) == (candidate.id, Status.PENDING)
    assert again.again == "A side that had not spoken now reports it."
    assert page(seeded_2023).corroboration == "us", "nothing changes the record without a person"
    decide(seeded_2023, again)
    now = page(seeded_2023)
    assert now.corroboration == "both"
    assert len([change for change in now.history if change.effective.value == "2024-01-08"]) == 1
    assert len([contact for contact in now.contacts if str(contact.date) == "2024-01-08"]) == 1


def test_a_row_that_tells_of_the_event_and_is_the_candidates_own_cites_a_further_release_once(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    (again,) = arrive(seeded_2023, CN, sighting())
    decide(seeded_2023, again)
    now = page(seeded_2023)
    for row in (now.change, now.last_contact):
        assert sorted(source.url for source in row.sources) == ["https://cn.example/1", "https://us.example/1"]


def test_a_further_report_of_a_side_that_has_spoken_joins_the_event_and_stays_out_of_the_queue(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    (joined,) = arrive(seeded_2023, replace(US, url="https://us.example/2", title="Further"), sighting())
    assert (joined.id, joined.status) == (candidate.id, Status.ACCEPTED)
    assert len(joined.sightings) == 2


def test_an_event_that_the_record_holds_already_is_no_news_unless_a_new_side_speaks(seeded):
    # The seeded record has the talks of January 2024 on the word of both sides.
    (candidate,) = arrive(seeded, US, sighting())
    assert candidate.status is Status.RECORDED
    (other,) = arrive(seeded, replace(US, url="https://us.example/9"), sighting(signal=Signal.REFUSED))
    assert other.status is Status.PENDING


def test_accepting_what_the_record_tells_adds_a_source_and_no_row(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    before = page(seeded_2023)
    (again,) = arrive(seeded_2023, CN, sighting())
    decide(seeded_2023, again)
    after = page(seeded_2023)
    assert [change.id for change in after.history] == [change.id for change in before.history]
    assert {source.side for source in after.last_contact.sources} == {"us", "cn"}


def test_a_reviewer_corrects_state_date_and_contact(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    with seeded_2023.store.reading() as db:
        proposed = question(candidate, *db.record.entries_of("dpct")).choice
    told = {"effective": PartialDate("2024-01"), "outcome": None, "cause": "They agreed on it.", "note": "A plan."}
    choice = replace(proposed, state=State.PLANNED, **told)
    decide(seeded_2023, candidate, choice=choice)
    now = page(seeded_2023)
    assert (now.state, str(now.change.effective), now.change.note) == (State.PLANNED, "2024-01", "A plan.")
    assert now.last_contact.date.value.startswith("2021")


def test_correcting_an_accepted_candidate_replaces_its_rows_and_keeps_their_sources(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    (again,) = arrive(seeded_2023, CN, sighting())
    with seeded_2023.store.reading() as db:
        proposed = question(again, *db.record.entries_of("dpct")).choice
    decide(seeded_2023, again, choice=replace(proposed, effective=PartialDate("2024-01-09")))
    now = page(seeded_2023)
    assert str(now.change.effective) == "2024-01-09"
    assert {source.url for source in now.sources} == {"https://us.example/1", "https://cn.example/1"}


def test_a_row_that_takes_the_place_of_another_keeps_what_reviewers_marked_there(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    marks = {"unconfirmed": ("date",), "contested": "Beijing gives another day.", "settled": "It was a slip."}
    before = page(seeded_2023)
    for row in (before.change, before.last_contact):
        seeded_2023.clock.advance(seconds=1)
        name = ClaimName(type(row), row.id)
        correct(seeded_2023.store, name, dict(marks), reason="Read both.", at=seeded_2023.clock(), by="ana")
    (again,) = arrive(seeded_2023, CN, sighting())
    with seeded_2023.store.reading() as db:
        proposed = question(again, *db.record.entries_of("dpct")).choice
    decide(seeded_2023, again, choice=replace(proposed, place="Beijing", cause="In other words."))
    now = page(seeded_2023)
    assert (now.last_contact.place, now.change.cause) == ("Beijing", "In other words.")
    for row in (now.change, now.last_contact):
        assert {name: getattr(row, name) for name in marks} == marks


def test_undo_withdraws_the_rows_leaves_them_in_place_and_puts_the_candidate_back(seeded_2023, clock):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    while_it_stood = clock()
    clock.advance(minutes=1)
    back = undo(seeded_2023.store, decided.id, decided.version, by="ben", at=clock())
    assert back.status is Status.PENDING
    assert page(seeded_2023).state is State.SUSPENDED
    with seeded_2023.store.reading() as db:
        channel = next(c for c in db.record.channels() if c.slug == "dpct")
        entries = db.record.entries_of("dpct")
        then = view(channel, db.record.relationships()[0], *entries, moment("2024-02-01", while_it_stood))
    assert then.state is State.RESUMED, "what was known then is still what was known then"
    with pytest.raises(Conflict, match="no decision to undo"):
        undo(seeded_2023.store, back.id, back.version, by="ben", at=clock())
    assert decide(seeded_2023, back).status is Status.ACCEPTED
    assert page(seeded_2023).state is State.RESUMED


def test_what_was_corrected_since_is_not_undone_beneath_its_correction(seeded_2023, clock):
    """Else the row in its place would stay behind, and what it had replaced would stand again beside it."""
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    name = ClaimName(StatusChange, page(seeded_2023).change.id)
    who = {"reason": "A day later.", "by": "ben"}
    clock.advance(minutes=1)
    fresh = correct(seeded_2023.store, name, {"effective": PartialDate("2024-01-09")}, at=clock(), **who)
    with pytest.raises(Conflict, match=f"{name} was corrected since. Withdraw the correction, {fresh}, first"):
        undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    assert str(page(seeded_2023).change.effective) == "2024-01-09"
    clock.advance(minutes=1)
    withdraw(seeded_2023.store, fresh, at=clock(), **who)
    undo(seeded_2023.store, decided.id, decided.version, by="ana", at=clock())
    assert page(seeded_2023).state is State.SUSPENDED


def test_of_corrections_that_follow_each_other_the_newest_is_to_be_withdrawn_first(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, candidate)
    names = [ClaimName(StatusChange, page(seeded_2023).change.id)]
    for day in ("2024-01-09", "2024-01-10"):
        seeded_2023.clock.advance(seconds=1)
        who = {"reason": "Read again.", "by": "ben", "at": seeded_2023.clock()}
        names.append(correct(seeded_2023.store, names[-1], {"effective": PartialDate(day)}, **who))
    for newest in reversed(names[1:]):
        with pytest.raises(Conflict, match=rf"was corrected since. Withdraw the correction, {newest}, first"):
            back(seeded_2023, decided)
        withdraw(seeded_2023.store, newest, reason="No.", by="ben", at=seeded_2023.clock())
    assert back(seeded_2023, decided).standing is None


def test_two_reviewers_at_once_one_wins_and_the_other_is_told_who_was_first(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, candidate)
    with pytest.raises(Stale, match=r"ana was first: accepted at 1 Feb 2024 12:00 UTC"):
        reject(seeded_2023.store, candidate.id, candidate.version, by="ben", at=seeded_2023.clock(), reason="No.")


def test_new_evidence_since_a_candidate_was_opened_is_shown_before_it_is_decided(seeded_2023):
    (opened,) = arrive(seeded_2023, US, sighting())
    arrive(seeded_2023, CN, sighting())
    with pytest.raises(Stale, match="new evidence"):
        decide(seeded_2023, opened)


def test_a_rejected_event_changes_nothing_and_comes_back_when_another_side_reports_it(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    before = seeded_2023.store.revisions()["record"]
    reject(seeded_2023.store, candidate.id, candidate.version, by="ana", at=seeded_2023.clock(), reason="Old news.")
    assert page(seeded_2023).state is State.SUSPENDED
    assert seeded_2023.store.revisions()["record"] == before
    (again,) = arrive(seeded_2023, replace(CN, side="third-party"), sighting())
    assert (again.id, again.status) == (candidate.id, Status.PENDING)


def test_a_rejection_without_a_reason_and_an_acceptance_of_nothing_are_refused(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    at = seeded_2023.clock()
    with pytest.raises(Refused, match="needs a reason"):
        reject(seeded_2023.store, candidate.id, candidate.version, by="ana", at=at, reason="  ")
    with seeded_2023.store.reading() as db:
        proposed = question(candidate, *db.record.entries_of("dpct")).choice
    for wrong, words in [
        ({"state": None, "outcome": None}, "Nothing would be recorded"),
        ({"effective": None}, "needs the date"),
        ({"cause": " "}, "needs its cause"),
        ({"end": date(2023, 1, 1)}, "cannot end before it begins"),
        ({"end": date(2199, 3, 1)}, "lasts until 2199-03-01, which has not come"),
        ({"date": PartialDate("2024"), "end": date(2024, 1, 9)}, "a last day and no first"),
        ({"date": None}, "contact needs a date"),
    ]:
        with pytest.raises(Refused, match=words):
            decide(seeded_2023, candidate, choice=replace(proposed, **wrong))
    assert page(seeded_2023).state is State.SUSPENDED


def test_a_dated_announcement_on_a_cut_channel_proposes_planned_with_its_date(seeded_2023):
    plan = sighting(signal=Signal.ANNOUNCED, date=PartialDate("2024-03"), starts=None)
    (candidate,) = arrive(seeded_2023, US, plan)
    decide(seeded_2023, candidate)
    now = page(seeded_2023)
    assert (now.state, str(now.change.effective), str(now.change.expected)) == (State.PLANNED, "2024-01-09", "2024-03")
    assert (now.next_contact.outcome, str(now.next_contact.date)) == (Outcome.ANNOUNCED, "2024-03")


def test_the_thaw_of_one_channel_runs_from_agreed_to_resumed_to_active(seeded_2023):
    seeded_2023.clock.advance(days=300)
    agreed = sighting(signal=Signal.RESUMED, date=PartialDate("2023-11-15"), starts=None)
    summit = replace(US, url="https://us.example/summit", published=date(2023, 11, 15))
    for document, seen in [
        (summit, agreed),
        (US, sighting()),
        (
            replace(US, url="https://us.example/autumn", published=date(2024, 9, 16)),
            sighting(date=PartialDate("2024-09-15"), starts=date(2024, 9, 14)),
        ),
    ]:
        (candidate,) = arrive(seeded_2023, document, seen)
        decide(seeded_2023, candidate)
    history = page(seeded_2023, day="2024-12-01").history
    assert [(str(c.effective), c.state, c.derived) for c in history][:3] == [
        ("2024-09-14", State.ACTIVE, False),
        ("2024-01-08", State.RESUMED, False),
        ("2023-11-15", State.PLANNED, False),
    ]


def test_a_sharper_date_of_a_second_report_becomes_the_candidates(seeded_2023):
    (vague,) = arrive(seeded_2023, US, sighting(date=PartialDate("2024-01"), starts=None))
    assert str(vague.date) == "2024-01"
    (sharp,) = arrive(seeded_2023, CN, sighting())
    assert (sharp.id, str(sharp.date), sharp.starts) == (vague.id, "2024-01-09", date(2024, 1, 8))


def test_the_same_document_handed_in_twice_is_one_release_and_one_sighting(seeded_2023):
    arrive(seeded_2023, US, sighting())
    (candidate,) = arrive(seeded_2023, US, sighting())
    assert len(candidate.sightings) == 1


def test_a_contact_of_a_day_to_come_cannot_be_accepted_as_held(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    choice = question(candidate, (), ()).choice
    with pytest.raises(Refused, match="cannot have been held") as refused:
        decide(seeded_2023, candidate, choice=replace(choice, date=PartialDate("2035-01-01"), end=None))
    assert refused.value.field in ("date", "effective")


def test_the_first_contact_on_record_is_said_of_that_alone(seeded_2023):
    met = Contact(channel="dpct", outcome=Outcome.HELD, date=PartialDate("2021-09-28"), sources=())
    plan = StatusChange(
        channel="dpct", state=State.PLANNED, effective=PartialDate("2023-06"), cause="They agreed to meet.", sources=()
    )
    (candidate,) = arrive(seeded_2023, US, sighting())
    assert question(candidate, (plan,), ()).why == "The first contact of the channel on record."
    assert question(candidate, (), ()).why == "The first contact of the channel on record."
    again = question(candidate, (plan,), (met,))
    assert (again.why, again.choice.state) == (
        "It met before: the next contact of a channel that was planned.", State.ACTIVE,
    )  # fmt: skip
    assert question(candidate, (), (met,)).why.startswith("It met before:")


CALL = sighting(date=PartialDate("2024-01-08"), starts=None)
MEETING = sighting(date=PartialDate("2024-01-09"), starts=None)
NEXT_DAY = replace(US, url="https://us.example/next", title="They met in person")


def contacts_of(service, slug="dpct", since="2024"):
    """The days of the contacts that stand, oldest first, each with the addresses of its sources."""
    told = [(str(row.date), [one.url for one in row.sources]) for row in page(service, slug, "2027-01-01").contacts]
    return sorted(row for row in told if row[0] >= since)


def back(service, candidate):
    service.clock.advance(seconds=1)
    return undo(service.store, candidate.id, candidate.version, by="ben", at=service.clock())


def now_of(service, candidate):
    with service.store.reading() as db:
        return db.candidates.get(candidate.id)


def proposed_for(service, candidate, **over):
    with service.store.reading() as db:
        rows = (in_force(kind, service.clock() + timedelta(days=1)) for kind in db.record.entries_of(candidate.channel))
        return replace(question(candidate, *rows).choice, **over)


def test_what_one_side_tells_of_two_days_is_two_contacts_and_both_are_recorded(seeded_2023):
    (call,) = arrive(seeded_2023, US, CALL)
    decide(seeded_2023, call)
    (met,) = arrive(seeded_2023, NEXT_DAY, MEETING)
    assert (met.id != call.id, met.status) == (True, Status.PENDING)
    decide(seeded_2023, met)
    assert contacts_of(seeded_2023) == [("2024-01-08", [US.url]), ("2024-01-09", [NEXT_DAY.url])]


def test_a_day_that_a_reviewer_gives_takes_no_row_of_another_day_that_this_side_is_cited_for(seeded_2023):
    (call,) = arrive(seeded_2023, US, replace(CALL, persons=("us-a",)))
    decide(seeded_2023, call)
    (undated,) = arrive(seeded_2023, NEXT_DAY, replace(CALL, date=None, persons=("us-b",)))
    assert undated.status is Status.RECORDED
    undated = put_in_queue(seeded_2023.store, undated.id, undated.version, by="ana", at=seeded_2023.clock())
    choice = proposed_for(seeded_2023, undated, date=PartialDate("2024-01-09"), outcome=Outcome.HELD, state=None)
    decide(seeded_2023, undated, choice=choice)
    assert [day for day, _ in contacts_of(seeded_2023)] == ["2024-01-08", "2024-01-09"]


def test_a_reviewer_puts_right_the_day_of_what_the_candidate_itself_put_on_record(seeded_2023):
    (call,) = arrive(seeded_2023, US, CALL)
    decide(seeded_2023, call)
    (again,) = arrive(seeded_2023, CN, MEETING)
    decide(seeded_2023, again, choice=proposed_for(seeded_2023, again, date=PartialDate("2024-01-09")))
    assert contacts_of(seeded_2023) == [("2024-01-09", [US.url, CN.url])]


def test_another_event_than_that_on_record_is_added_as_new_beside_it(seeded_2023):
    (call,) = arrive(seeded_2023, US, CALL)
    decide(seeded_2023, call)
    (met,) = arrive(seeded_2023, replace(CN, title="会面"), MEETING)
    assert met.id == call.id, "another side may give the day between the capitals"
    rest, own = split(
        seeded_2023.store, met.id, met.version, [met.sightings[0].id], by="ana", at=seeded_2023.clock()
    )  # fmt: skip
    assert rest.status is Status.ACCEPTED
    with seeded_2023.store.reading() as db:
        another = question(own, *db.record.entries_of("dpct"), another=True)
    assert (another.standing, another.choice.outcome, str(another.choice.date)) == ((), Outcome.HELD, "2024-01-09")
    decide(seeded_2023, own, choice=with_plain_cause(another.choice, own.signal))
    assert contacts_of(seeded_2023) == [("2024-01-08", [US.url]), ("2024-01-09", [CN.url])]


def test_a_date_that_is_put_right_to_one_on_record_is_cited_there_and_makes_no_second_row(seeded_2023):
    (talks,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, talks)
    undated = replace(CN, published=date(2024, 1, 30))
    (found,) = arrive(seeded_2023, undated, sighting(date=None, starts=None))
    assert found.id != talks.id
    choice = proposed_for(seeded_2023, found, date=PartialDate("2024-01-09"), end=None, state=None, effective=None)
    decide(seeded_2023, found, choice=choice)
    (row,) = [row for row in page(seeded_2023).contacts if str(row.date) >= "2024"]
    assert (str(row.date), row.end) == ("2024-01-08", date(2024, 1, 9))
    assert {source.side for source in row.sources} == {"us", "cn"}


def test_an_acceptance_under_one_that_was_undone_stands_and_is_undone_after_it(seeded_2023):
    (first,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, first)
    (again,) = arrive(seeded_2023, CN, sighting())
    undone = back(seeded_2023, decide(seeded_2023, again))
    assert (undone.status, undone.standing.verdict) == (Status.PENDING, Verdict.ACCEPT)
    assert contacts_of(seeded_2023) == [("2024-01-08", [US.url])]
    who = {"by": "ana", "at": seeded_2023.clock()}
    with pytest.raises(Conflict, match="rests on the releases"):
        to_channel(seeded_2023.store, undone.id, undone.version, "mmca", **who)
    whole = back(seeded_2023, undone)
    assert (whole.status, whole.standing, contacts_of(seeded_2023)) == (Status.PENDING, None, [])


def test_what_was_accepted_is_not_rejected_before_it_is_undone(seeded_2023):
    """Else the contact would stay on record, and the candidate would say that it was turned down."""
    (found,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, found)
    arrive(seeded_2023, replace(US, title="Cancelled"), sighting(signal=Signal.CANCELLED))
    came_back = now_of(seeded_2023, found)
    assert came_back.status is Status.PENDING
    who = {"by": "ana", "at": seeded_2023.clock()}
    with pytest.raises(Conflict, match="stands on the record"):
        reject(seeded_2023.store, came_back.id, came_back.version, reason="Called off.", **who)
    undone = back(seeded_2023, came_back)
    seeded_2023.clock.advance(seconds=1)
    who = {"by": "ana", "at": seeded_2023.clock()}
    reject(seeded_2023.store, undone.id, undone.version, reason="Called off.", **who)
    assert contacts_of(seeded_2023) == []


def test_words_that_were_taken_back_are_no_further_source(seeded_2023):
    (found,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, found)
    arrive(seeded_2023, replace(US, title="Weather", summary="It rained."))
    lost = now_of(seeded_2023, found)
    with seeded_2023.store.reading() as db:
        why = question(lost, *db.record.entries_of("dpct")).why
    assert "words that their publisher took back: undo the last decision" in why


CUT = sighting(signal=Signal.SUSPENDED, date=PartialDate("2024-01-09"), starts=None)
LATER_WORD = replace(US, url="https://us.example/later", title="They cut it", published=date(2024, 2, 1))


def test_a_decision_is_not_undone_beneath_what_another_candidate_was_accepted_for(seeded):
    (cut,) = arrive(seeded, replace(CN, url="https://cn.example/cut"), replace(CUT, persons=("cn-a",)))
    cut = decide(seeded, cut)
    (word,) = arrive(seeded, LATER_WORD, replace(CUT, date=PartialDate("2024-01-10"), persons=("us-a",)))
    assert (word.id != cut.id, word.status) == (True, Status.PENDING)
    word = decide(seeded, word)
    assert {source.side for source in stated(seeded).sources} == {"us", "cn"}
    with pytest.raises(Conflict, match=rf"Candidate {word.id} was accepted for change-\d+ as well"):
        back(seeded, cut)
    word = back(seeded, word)
    cut = back(seeded, now_of(seeded, cut))
    decide(seeded, cut)
    decide(seeded, now_of(seeded, word))
    assert {source.side for source in stated(seeded).sources} == {"us", "cn"}


def test_what_was_accepted_for_nothing_new_waits_once_the_row_that_cited_it_is_undone(seeded_2023):
    """Else it would be accepted, and the record would tell nothing of it."""
    (met,) = arrive(seeded_2023, US, sighting())
    met = decide(seeded_2023, met)
    (resumed,) = [one for one in arrive(seeded_2023, US, RESUMED) if one.id != met.id]
    resumed = put_in_queue(seeded_2023.store, resumed.id, resumed.version, by="ana", at=seeded_2023.clock())
    resumed = decide(seeded_2023, resumed)
    assert [row.decision for row in page(seeded_2023).history[:1]] == [met.standing.id]
    back(seeded_2023, met)
    again = now_of(seeded_2023, resumed)
    assert (again.status, again.again) == (Status.PENDING, "The row that told of it was withdrawn or corrected.")
    decide(seeded_2023, again)
    assert page(seeded_2023).change.sources


def test_a_second_cut_that_was_taken_for_the_first_waits_once_what_came_between_is_known(seeded_2023):
    again_cut = replace(CUT, date=PartialDate("2024-01-30"))
    (cut,) = arrive(seeded_2023, replace(CN, published=date(2024, 1, 30)), again_cut)
    cut = decide(seeded_2023, cut)
    assert str(page(seeded_2023).change.effective) == "2022-08-05", "it was cut already: a further source"
    (met,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, met)
    cut = now_of(seeded_2023, cut)
    assert (cut.status, cut.again) == (
        Status.PENDING, "It was accepted for a state that had ended before, by what is known now.",
    )  # fmt: skip
    decide(seeded_2023, cut)
    now = page(seeded_2023)
    assert (now.state, str(now.change.effective)) == (State.SUSPENDED, "2024-01-30")


RESUMED = sighting(signal=Signal.RESUMED, date=PartialDate("2024-01-08"), starts=None)


@pytest.mark.parametrize("status", [Status.UNLIKELY, Status.MERGED])
def test_what_an_earlier_version_let_be_merged_or_doubted_beneath_a_decision_is_undone(seeded_2023, status):
    """It took a candidate of which the last decision was undone for undecided, whatever stood beneath that."""
    (first,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, first)
    (again,) = arrive(seeded_2023, CN, sighting())
    left = back(seeded_2023, decide(seeded_2023, again))
    with seeded_2023.store.writing() as db:
        if status is Status.MERGED:
            db.candidates.empty(left.id, left.id)
        else:
            db.candidates.set_status(left.id, status)
    undone = back(seeded_2023, now_of(seeded_2023, left))
    assert (undone.standing, contacts_of(seeded_2023)) == (None, [])
    assert undone.status is (Status.MERGED if status is Status.MERGED else Status.PENDING)


def test_documents_without_an_address_and_of_one_title_are_two_sources(seeded_2023):
    def add(document, title):
        told = replace(document, url=None, title="Joint statement", summary=title)
        at = {"guid": title, "canonical_url": None, "now": seeded_2023.clock()}
        return hand_in(seeded_2023.store, told, lambda _: [sighting()], **at).candidates

    (found,) = add(US, "They met in Washington.")
    decide(seeded_2023, found)
    (again,) = add(CN, "双方在华盛顿举行会晤。")
    decide(seeded_2023, again)
    assert page(seeded_2023).corroboration == "both"
    assert len(page(seeded_2023).last_contact.sources) == 2


def stated(service):
    (row,) = [row for row in page(service, day="2024-02-01").history if row.state is State.SUSPENDED and row.decision]
    return row


def test_what_was_cited_by_hand_since_keeps_its_row_from_being_undone(seeded_2023):
    (found,) = arrive(seeded_2023, US, sighting())
    decided = decide(seeded_2023, found)
    row = page(seeded_2023).change
    seeded_2023.clock.advance(seconds=1)
    who = {"by": "ana", "at": seeded_2023.clock()}
    cite(seeded_2023.store, ClaimName(StatusChange, row.id), source(), **who)
    with pytest.raises(Conflict, match=f"change-{row.id} was given a further source since"):
        back(seeded_2023, decided)


def test_an_undone_source_goes_from_the_row_that_was_corrected_since_too(seeded_2023):
    (first,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, first)
    (other,) = arrive(seeded_2023, replace(CN, published=date(2024, 1, 30)), sighting(date=None, starts=None))
    choice = proposed_for(seeded_2023, other, date=PartialDate("2024-01-08"), state=None, effective=None)
    cited = decide(seeded_2023, other, choice=choice)
    (row,) = [row for row in page(seeded_2023).contacts if row.decision]
    assert {one.side for one in row.sources} == {"us", "cn"}
    seeded_2023.clock.advance(seconds=1)
    who = {"by": "ana", "at": seeded_2023.clock()}
    correct(seeded_2023.store, ClaimName(Contact, row.id), {"place": "Pentagon"}, reason="It says so.", **who)
    back(seeded_2023, cited)
    (row,) = [row for row in page(seeded_2023).contacts if str(row.date) >= "2024"]
    assert (row.place, [one.side for one in row.sources]) == ("Pentagon", ["us"])


def test_a_contact_known_to_the_year_tells_of_nothing_that_comes_months_later(seeded_2023):
    (vague,) = arrive(seeded_2023, US, sighting(date=None, starts=None))
    told = {"date": PartialDate("2024"), "end": None, "effective": PartialDate("2024"), "cause": "They met."}
    decide(seeded_2023, vague, choice=proposed_for(seeded_2023, vague, **told))
    seeded_2023.clock.advance(days=200)
    autumn = replace(US, url="https://us.example/autumn", published=date(2024, 8, 2))
    (found,) = arrive(seeded_2023, autumn, sighting(date=PartialDate("2024-08-01"), starts=None))
    assert found.status is Status.PENDING


def test_what_the_record_told_of_is_put_in_the_queue_by_a_reviewer(seeded):
    (told,) = arrive(seeded, US, sighting())
    assert told.status is Status.RECORDED
    who = {"by": "ana", "at": seeded.clock()}
    queued = put_in_queue(seeded.store, told.id, told.version, **who)
    assert (queued.status, queued.again) == (Status.PENDING, "ana put it in the queue at 1 Feb 2024 12:00 UTC.")


def test_what_the_record_told_of_waits_once_the_rows_that_told_are_taken_back(seeded):
    (told,) = arrive(seeded, US, sighting())
    assert told.status is Status.RECORDED
    now = page(seeded)
    telling = [row for row in (*now.history, *now.contacts) if row.id and str(_day(row)).startswith("2024-01")]
    assert telling
    for row in telling:
        seeded.clock.advance(seconds=1)
        who = {"by": "ana", "at": seeded.clock(), "reason": "It was never so."}
        withdraw(seeded.store, ClaimName(type(row), row.id), **who)
    again = now_of(seeded, told)
    assert (again.status, again.again) == (Status.PENDING, "The row that told of it was withdrawn or corrected.")


def _day(row):
    return row.effective if isinstance(row, StatusChange) else row.date


RUMOUR = replace(US, side="third-party", publisher="Wire", url="https://wire.example/1")


@pytest.mark.parametrize(("publisher", "after"), [("Daily", Status.PENDING), ("Wire", Status.REJECTED)])
def test_a_rejected_suspension_comes_back_when_a_publisher_that_had_not_spoken_reports_it(
    seeded_2023, publisher, after
):
    (rumour,) = arrive(seeded_2023, RUMOUR, CUT)
    who = {"by": "ana", "at": seeded_2023.clock()}
    reject(seeded_2023.store, rumour.id, rumour.version, reason="A rumour.", **who)
    confirmed = replace(RUMOUR, publisher=publisher, url="https://wire.example/2", title="The ministry confirms it")
    (again,) = arrive(seeded_2023, confirmed, CUT)
    assert (again.id, again.status) == (rumour.id, after)


def test_a_reviewer_who_saw_other_rows_than_there_are_now_writes_nothing_back(seeded_2023):
    (first,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, first)
    (again,) = arrive(seeded_2023, CN, sighting())
    seeded_2023.clock.advance(seconds=1)
    form = proposed_for(seeded_2023, again)
    with seeded_2023.store.reading() as db:
        rows = (in_force(kind, seeded_2023.clock()) for kind in db.record.entries_of("dpct"))
        seen = question(again, *rows).builds_on
    met = page(seeded_2023).last_contact
    seeded_2023.clock.advance(seconds=1)
    who = {"by": "ben", "at": seeded_2023.clock()}
    correct(seeded_2023.store, ClaimName(Contact, met.id), {"place": "Pentagon"}, reason="It says so.", **who)
    with pytest.raises(Stale, match="has changed since you opened it"):
        decide(seeded_2023, again, choice=form, built_on=seen)
    assert page(seeded_2023).last_contact.place == "Pentagon"
