"""Decisions handed out as labelled cases, and read back by the evaluation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.feeds.test_poll import TALKS
from tests.make import release, sighting
from tests.test_intake import NOTHING, stored
from tests.test_review import CN, US, arrive, decide
from tracker.measuring.evaluate import evaluate
from tracker.measuring.sampling import ELSEWHERE
from tracker.model import Evidence, Outcome, PartialDate, Signal, State, Status
from tracker.polling.intake import hand_in
from tracker.reviewing.cases import KINDS, Exported
from tracker.reviewing.regroup import merge
from tracker.reviewing.review import question, reject, undo
from tracker.web.reviewing.choice import REASONS

TALKS_RELEASE = release(title=TALKS[0], summary=TALKS[1], url="https://us.example/talks", published=date(2024, 1, 10))


def cases(service):
    """The cases, and why others were left out."""
    exported = Exported(service.store)
    return list(exported), dict(exported.left_out)


def corrected(service, candidate, **over):
    with service.store.reading() as db:
        proposed = question(candidate, *db.record.entries_of(candidate.channel)).choice
    return decide(service, candidate, choice=replace(proposed, **{"cause": proposed.cause or "It was so."} | over))


def turned_down(service, candidate, reason):
    reject(service.store, candidate.id, candidate.version, by="ana", at=service.clock(), reason=reason)


def labels(case):
    return [(update["channel"], update["signal"], update["state"], update["date"]) for update in case["updates"]]


def test_decide_export_evaluate(seeded_2023):
    (talks,) = hand_in(
        seeded_2023.store, TALKS_RELEASE, seeded_2023.detect_all, guid="t", canonical_url=None, now=seeded_2023.clock()
    ).candidates
    decide(seeded_2023, talks)
    (harbor,) = arrive(seeded_2023, replace(US, title="Harbor Day", summary="A band."), sighting(channel="climate"))
    turned_down(seeded_2023, harbor, "Not about this channel: a band plays.")
    written, left_out = cases(seeded_2023)
    report = evaluate(map(json.loads, map(json.dumps, written)), seeded_2023.detect_all)
    assert (len(written), left_out, report.misses) == (2, {}, [])
    assert report.total.figures()["recall"] == report.total.figures()["precision"] == 1
    told, denied = written
    assert (told["relevant"], told["kind"], labels(told)) == (True, "held", [("dpct", "held", "active", "2024-01-09")])
    assert told["updates"][0]["evidence"] in TALKS[1]
    assert (denied["relevant"], denied["kind"], denied["updates"]) == (False, "same-words", [])
    assert denied["why"] == "Not about this channel: a band plays."
    assert {"id", "lang", "side", "publisher", "published", "url", "title", "summary"} <= set(told)
    assert '"ana"' not in json.dumps(written)


def test_what_a_reviewer_left_is_labelled_as_each_release_says_it(seeded_2023):
    """The capitals are a day apart, and one release knows the month alone: accepting that is no correction."""
    arrive(seeded_2023, US, sighting())
    arrive(seeded_2023, CN, sighting(date=PartialDate("2024-01-10"), starts=date(2024, 1, 9)))
    press = replace(US, url="https://press.example/1", side="third-party")
    (candidate,) = arrive(seeded_2023, press, sighting(date=PartialDate("2024-01"), starts=None))
    decide(seeded_2023, candidate)
    written, _ = cases(seeded_2023)
    assert [labels(case)[0][3] for case in written] == ["2024-01-09", "2024-01-10", "2024-01"]


@pytest.mark.parametrize(
    ("seen", "correction", "label"),
    [
        ({}, {"date": PartialDate("2024-01-06"), "end": date(2024, 1, 7)}, ("held", "active", "2024-01-07")),
        ({}, {"outcome": Outcome.REFUSED, "state": None}, ("refused", "suspended", "2024-01-09")),
        ({}, {"outcome": Outcome.NO_ANSWER, "state": None, "end": None}, ("refused", "suspended", "2024-01-08")),
        ({}, {"outcome": None, "state": State.SUSPENDED}, ("suspended", "suspended", "2024-01-08")),
        ({}, {"outcome": None, "state": State.ENDED}, ("ended", "ended", "2024-01-08")),
        (
            {},
            {"outcome": None, "state": State.PLANNED, "expected": PartialDate("2024-03")},
            ("announced", "planned", "2024-03"),
        ),
        (
            {"signal": Signal.ANNOUNCED, "date": PartialDate("2024-03"), "starts": None},
            {"outcome": Outcome.CANCELLED, "state": None},
            ("suspended", "suspended", "2024-03"),
        ),
        ({"signal": Signal.REFUSED, "date": None, "starts": None}, {}, ("refused", "suspended", None)),
        ({"signal": Signal.RESUMED, "date": None, "starts": None}, {}, ("resumed", "active", None)),
        (
            {"signal": Signal.REFUSED, "date": None, "starts": None},
            {"date": PartialDate("2023-12-01")},
            ("refused", "suspended", "2023-12-01"),
        ),
    ],
)
def test_what_a_reviewer_corrected_is_the_label(seeded_2023, seen, correction, label):
    (candidate,) = arrive(seeded_2023, US, sighting(**seen))
    corrected(seeded_2023, candidate, **correction)
    ((case,), _) = cases(seeded_2023)
    assert labels(case) == [("dpct", *label)]


def test_the_correction_of_an_earlier_acceptance_is_still_the_label_when_the_other_side_joins(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    corrected(seeded_2023, candidate, date=PartialDate("2024-01-05"), end=None, effective=PartialDate("2024-01-05"))
    seeded_2023.clock.advance(hours=1)
    (again,) = arrive(seeded_2023, CN, sighting())
    decide(seeded_2023, again, choice=None)
    written, _ = cases(seeded_2023)
    assert {labels(case)[0][3] for case in written} == {"2024-01-09"}, (
        "the last decision holds, and it left the proposal"
    )


def test_releases_that_are_not_wholly_decided_or_were_never_read_are_left_out_and_counted(seeded_2023):
    (first, second) = arrive(seeded_2023, US, sighting(), sighting(channel="mmca", signal=Signal.ANNOUNCED))
    decide(seeded_2023, first if first.channel == "dpct" else second)
    (joined,) = arrive(seeded_2023, CN, sighting())
    decide(seeded_2023, joined)
    seeded_2023.clock.advance(hours=1)
    arrive(seeded_2023, replace(US, url="https://us.example/2", title="Later"), sighting())
    (other,) = arrive(seeded_2023, replace(US, url="https://us.example/3"), sighting(channel="climate"))
    turned_down(seeded_2023, other, f"{ELSEWHERE}: space.")
    (back,) = arrive(seeded_2023, replace(US, url="https://us.example/4"), sighting(channel="consular"))
    undo_all(seeded_2023, back)
    written, left_out = cases(seeded_2023)
    assert [case["url"] for case in written] == [CN.url]
    assert left_out == {
        "a candidate of theirs waits for a decision": 1,
        "they came after the decision and joined it unread": 1,
        "they report an update of a channel that nobody proposed": 1,
    }


def test_what_joined_quietly_is_no_case_and_what_a_reviewer_took_from_the_unlikely_is_one(seeded_2023):
    arrive(seeded_2023, US, sighting())
    found, other = arrive(seeded_2023, CN, NOTHING, sighting(channel="mmca", signal=Signal.ANNOUNCED))
    decide(seeded_2023, found)
    turned_down(seeded_2023, other, "Other parties, not these two")
    seeded_2023.clock.advance(hours=1)
    arrive(seeded_2023, replace(US, url="https://us.example/2", title="Later"), NOTHING)
    third = replace(US, url="https://us.example/3", title="Climate", side="third-party")
    arrive(seeded_2023, third, replace(NOTHING, channel="climate"))
    (unlikely,) = stored(seeded_2023, Status.UNLIKELY)
    decide(seeded_2023, unlikely)
    written, left_out = cases(seeded_2023)
    relevant = [(case["url"], case["relevant"]) for case in written]
    assert relevant == [(US.url, True), (CN.url, False), (third.url, True)]
    assert left_out == {}


def test_a_later_release_that_a_reviewer_merged_into_a_decided_event_was_read(seeded_2023):
    (found,) = arrive(seeded_2023, US, sighting())
    decide(seeded_2023, found)
    seeded_2023.clock.advance(hours=1)
    later = replace(US, url="https://us.example/2", title="The talks in January", published=date(2024, 3, 1))
    (own,) = arrive(seeded_2023, later, sighting(date=None, starts=None))
    merge(seeded_2023.store, own.id, own.version, found.id, by="ana", at=seeded_2023.clock())
    written, left_out = cases(seeded_2023)
    assert ([case["url"] for case in written], left_out) == ([US.url, later.url], {})


def undo_all(service, candidate):
    decided = decide(service, candidate)
    undo(service.store, decided.id, decided.version, by="ana", at=service.clock())


def test_one_release_accepted_on_one_channel_and_rejected_on_another_has_one_update(seeded_2023):
    words = Evidence("title", 0, 5, "Talks", "signal")
    found = arrive(seeded_2023, US, sighting(evidence=(words,)), sighting(channel="mmca", evidence=(words,)))
    for candidate in found:
        if candidate.channel == "dpct":
            decide(seeded_2023, candidate)
        else:
            turned_down(seeded_2023, candidate, "Says what might be, not what was")
    ((case,), _) = cases(seeded_2023)
    assert labels(case) == [("dpct", "held", "active", "2024-01-09")]
    assert (case["relevant"], case["updates"][0]["evidence"]) == (True, "Talks at the Pentagon")
    assert case["why"] == "Says what might be, not what was"


def test_evidence_that_a_later_revision_no_longer_has_is_not_claimed(seeded_2023):
    words = Evidence("title", 0, 5, "Talks", "signal")
    arrive(seeded_2023, US, sighting(evidence=(words,)))
    revised = replace(US, title="A meeting at the Pentagon")
    for candidate in arrive(seeded_2023, revised, sighting(channel="mmca")):
        decide(seeded_2023, candidate)
    ((case,), _) = cases(seeded_2023)
    assert case["title"] == "A meeting at the Pentagon"
    assert [update["evidence"] for update in case["updates"]] == [None, None]


def test_the_kinds_belong_to_reasons_that_the_form_offers():
    assert set(KINDS) | {ELSEWHERE} <= set(REASONS)
