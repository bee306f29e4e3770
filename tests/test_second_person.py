"""Two people for what cuts a channel: the first word waits, another reviewer answers it, and both are in the chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engines import REFUSED
from tests.make import sighting
from tests.test_intake import candidate
from tests.test_review import CN, US, arrive, decide, page
from tracker.errors import Conflict, NotAllowed, Refused, Stale
from tracker.model import Answer, PartialDate, Signal, State, Status, StatusChange
from tracker.operating.verify import verify
from tracker.reviewing.amend import ClaimName, correct
from tracker.reviewing.holding import hold
from tracker.reviewing.regroup import to_channel
from tracker.reviewing.review import accept, choice_of, question, reject, undo
from tracker.reviewing.second import confirm, refuse, withdraw

TWO = frozenset({State.SUSPENDED, State.ENDED})
CUT = sighting(signal=Signal.SUSPENDED, date=PartialDate("2024-01-20"), starts=None)
US_TOO = replace(US, url="https://us.example/cut", title="Cut")
TALKS = sighting(date=PartialDate("2024-01-08"), starts=None)


def accepted(service, found, by="ana", **over):
    service.clock.advance(seconds=1)
    return accept(service.store, found.id, found.version, by=by, at=service.clock(), second=TWO, **over)


def answered(service, how, found, by, **over):
    service.clock.advance(seconds=1)
    return how(service.store, found.id, found.version, by=by, at=service.clock(), **over)


def sound(service):
    with service.store.reading() as db:
        kinds = [link.kind for link in db.chain.links()]
    assert verify(service.store).findings == ()
    return kinds


@pytest.fixture
def cut(seeded_2023):
    """A candidate of a suspension, accepted by ana."""
    (found,) = arrive(seeded_2023, US, TALKS)
    decide(seeded_2023, found)
    (found,) = arrive(seeded_2023, CN, CUT)
    return accepted(seeded_2023, found)


def test_what_cuts_a_channel_waits_for_a_second_person_and_the_record_stays(seeded_2023, cut):
    assert (cut.status, cut.decisions, cut.first_word.by) == (Status.PENDING, (), "ana")
    assert choice_of(cut.first_word.choice).state is State.SUSPENDED
    assert page(seeded_2023).state is State.RESUMED
    confirmed = answered(seeded_2023, confirm, cut, "ben")
    assert (confirmed.status, confirmed.first_word) == (Status.ACCEPTED, None)
    (word,) = confirmed.second_words
    assert (word.first.by, word.answer, word.by) == ("ana", Answer.CONFIRMED, "ben")
    now = page(seeded_2023)
    assert (now.state, str(now.change.effective), now.sources[0].url) == (
        State.SUSPENDED, "2024-01-20", "https://cn.example/1",
    )  # fmt: skip


def test_everything_else_is_the_word_of_one(seeded_2023):
    (found,) = arrive(seeded_2023, US, TALKS)
    assert accepted(seeded_2023, found).status is Status.ACCEPTED
    assert page(seeded_2023).state is State.RESUMED


def test_a_reviewer_who_corrects_to_a_cut_asks_for_a_second_person_too(seeded_2023):
    (found,) = arrive(seeded_2023, US, TALKS)
    with seeded_2023.store.reading() as db:
        proposed = question(found, *db.record.entries_of("dpct")).choice
    choice = replace(proposed, state=State.ENDED, outcome=None, cause="It was dissolved.", note="Dissolved.")
    waits = accepted(seeded_2023, found, choice=choice)
    assert choice_of(waits.first_word.choice) == choice, "nothing of what was typed is lost"
    answered(seeded_2023, confirm, waits, "ben")
    assert (page(seeded_2023).state, page(seeded_2023).change.note) == (State.ENDED, "Dissolved.")


def test_a_further_source_for_a_cut_on_record_is_the_word_of_one(seeded_2023, cut):
    answered(seeded_2023, confirm, cut, "ben")
    (again,) = arrive(seeded_2023, US_TOO, CUT)
    assert again.status is Status.PENDING
    assert accepted(seeded_2023, again).status is Status.ACCEPTED
    assert {source.side for source in page(seeded_2023).sources} == {"us", "cn"}


def test_other_words_for_a_cut_on_record_ask_for_a_second_person_too(seeded_2023, cut):
    answered(seeded_2023, confirm, cut, "ben")
    (again,) = arrive(seeded_2023, US_TOO, CUT)
    with seeded_2023.store.reading() as db:
        proposed = question(again, *db.record.entries_of("dpct")).choice
    waits = accepted(seeded_2023, again, choice=replace(proposed, cause="In quite other words."))
    assert (waits.status, waits.first_word.by) == (Status.PENDING, "ana")
    assert page(seeded_2023).change.cause != "In quite other words."


def test_what_was_corrected_after_the_first_word_is_not_written_back_by_the_second(seeded_2023, cut):
    answered(seeded_2023, confirm, cut, "ben")
    (again,) = arrive(seeded_2023, US_TOO, CUT)
    with seeded_2023.store.reading() as db:
        proposed = question(again, *db.record.entries_of("dpct")).choice
    waits = accepted(seeded_2023, again, choice=replace(proposed, cause="In quite other words."))
    name = ClaimName(StatusChange, page(seeded_2023).change.id)
    seeded_2023.clock.advance(seconds=1)
    who = {"by": "cleo", "at": seeded_2023.clock()}
    fresh = correct(seeded_2023.store, name, {"cause": "As they said."}, reason="Their words.", **who)
    with pytest.raises(Conflict, match=f"{fresh} was recorded after ana accepted it"):
        answered(seeded_2023, confirm, waits, "ben")
    assert page(seeded_2023).change.cause == "As they said."


def test_the_same_account_never_answers_itself_but_may_withdraw(seeded_2023, cut):
    for how, over in ((confirm, {}), (refuse, {"reason": "No."})):
        with pytest.raises(NotAllowed, match="You accepted it yourself"):
            answered(seeded_2023, how, cut, "ana", **over)
    with pytest.raises(NotAllowed, match="ana accepted it, not ben"):
        answered(seeded_2023, withdraw, cut, "ben")
    back = answered(seeded_2023, withdraw, cut, "ana")
    assert (back.status, back.first_word, back.second_words[0].answer) == (Status.PENDING, None, Answer.WITHDRAWN)
    assert page(seeded_2023).state is State.RESUMED


def test_the_database_itself_refuses_one_account_for_both(seeded_2023, cut):
    with pytest.raises(REFUSED), seeded_2023.store.writing() as db:
        db.reviewers.add_second_word(cut.first_word.id, Answer.REFUSED, by="ana", at=seeded_2023.clock())
    with pytest.raises(REFUSED), seeded_2023.store.writing() as db:
        db.reviewers.add_second_word(cut.first_word.id, Answer.CONFIRMED, by="ben", at=seeded_2023.clock())
    assert candidate(seeded_2023, cut.id) == cut, "confirmed without a decision is not confirmed"


def test_refused_for_a_reason_it_waits_for_a_decision_again(seeded_2023, cut):
    with pytest.raises(Refused) as refused:
        answered(seeded_2023, refuse, cut, "ben", reason=" ")
    assert refused.value.field == "reason"
    back = answered(seeded_2023, refuse, cut, "ben", reason="Only one round was put off.")
    assert (back.status, back.first_word) == (Status.PENDING, None)
    assert back.second_words[0].note == "Only one round was put off."
    with pytest.raises(Stale, match="ben refused what ana had accepted"):
        accepted(seeded_2023, cut)
    assert accepted(seeded_2023, back, by="ben").first_word.by == "ben"


def test_while_it_waits_for_a_second_person_nothing_else_is_decided(seeded_2023, cut):
    for attempt in (
        lambda: accepted(seeded_2023, cut, by="ben"),
        lambda: reject(seeded_2023.store, cut.id, cut.version, by="ben", at=seeded_2023.clock(), reason="No."),
        lambda: hold(seeded_2023.store, cut.id, cut.version, by="ben", at=seeded_2023.clock(), reason="Later."),
        lambda: to_channel(seeded_2023.store, cut.id, cut.version, "mmca", by="ben", at=seeded_2023.clock()),
    ):
        with pytest.raises(Conflict, match=r"ana accepted it at .* which waits for a second person"):
            attempt()
    assert candidate(seeded_2023, cut.id) == cut


def test_the_second_person_confirms_the_version_that_they_saw(seeded_2023, cut):
    arrive(seeded_2023, US_TOO, CUT)
    with pytest.raises(Stale):
        answered(seeded_2023, confirm, cut, "ben")
    answered(seeded_2023, confirm, candidate(seeded_2023, cut.id), "ben")
    assert {source.side for source in page(seeded_2023).sources} == {"us", "cn"}, "and the new release is cited"


def test_nothing_waits_for_a_second_person_twice(seeded_2023, cut):
    done = answered(seeded_2023, confirm, cut, "ben")
    with pytest.raises(Stale, match="ben was first: accepted"):
        answered(seeded_2023, confirm, cut, "eve")
    with pytest.raises(Conflict, match="waits for no second person"):
        answered(seeded_2023, confirm, done, "eve")


def test_undo_takes_back_what_two_people_recorded(seeded_2023, cut):
    done = answered(seeded_2023, confirm, cut, "ben")
    undo(seeded_2023.store, done.id, done.version, by="ana", at=seeded_2023.clock())
    assert page(seeded_2023).state is State.RESUMED


def test_both_words_are_in_the_chain_and_in_the_proof_of_what_they_recorded(seeded_2023, cut):
    assert sound(seeded_2023)[-1] == "first_word"
    answered(seeded_2023, confirm, cut, "ben")
    assert sound(seeded_2023)[-2:] == ["second_word", "basis"]
    recorded = page(seeded_2023).change.id
    with seeded_2023.store.reading() as db:
        links = db.chain.of_claim("status_change", recorded)
    assert {"first_word", "second_word", "decision"} <= {link.kind for link in links}
    words = [link.payload for link in links if link.kind.endswith("_word")]
    assert not any(name in payload for payload in words for name in ("ana", "ben")), "who it was is sealed"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE first_word SET choice = '{}'", "its choice is '{}'"),
        ("UPDATE second_word SET note = 'Other.'", "its note is 'Other.'"),
        ("UPDATE second_word SET given_by = 'eve'", "who acted is not the one"),
        ("DELETE FROM second_word", "it is gone"),
    ],
)
def test_words_that_somebody_changed_are_found(seeded_2023, cut, change, found, raw):
    answered(seeded_2023, refuse, cut, "ben", reason="No.")
    seeded_2023.store.close()
    rewriting = raw(seeded_2023.store)
    rewriting.drop_triggers()
    rewriting.execute(change)
    assert any(found in str(finding) for finding in verify(seeded_2023.store).findings)
