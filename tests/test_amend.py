"""A reviewer amends the record: correct, withdraw, cite; and what the accounts of two sides say of each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from types import MappingProxyType

import pytest

from config.load import SeedEntry
from tests.make import CHANNEL, US_CHINA, change, contact, release, sighting, source
from tests.test_review import arrive, decide, page
from tracker.errors import Conflict, NotFound, Refused
from tracker.model import Contact, Level, Moment, Outcome, PartialDate, Signal, Source, State, StatusChange
from tracker.operating.seed import seed
from tracker.record.differing import contested_words
from tracker.record.disputes import disputes
from tracker.record.history import ChannelView, in_force, view
from tracker.reviewing.amend import ClaimName, cite, correct, find_claim, withdraw

WHO = {"by": "ana"}


def cut_of(service) -> StatusChange:
    return page(service, day="2023-01-01").change


def name_of(row: StatusChange | Contact) -> ClaimName:
    return ClaimName(type(row), row.id)


def amended(service, row, reason="Read again.", levels=MappingProxyType({}), **told):
    service.clock.advance(seconds=1)
    return correct(service.store, name_of(row), told, reason=reason, levels=levels, at=service.clock(), **WHO)


def test_a_correction_replaces_the_row_keeps_its_sources_and_says_why(seeded):
    row = cut_of(seeded)
    new = amended(seeded, row, effective=PartialDate("2022-08-04"))
    now = cut_of(seeded)
    assert (now.id, now.replaces, now.reason, str(now.effective)) == (new.id, row.id, "Read again.", "2022-08-04")
    assert [s.url for s in now.sources] == [s.url for s in row.sources]
    with seeded.store.reading() as db:
        rows, _ = db.record.entries_of("dpct")
    for named in (row.id, new.id):
        claim = find_claim(ClaimName(StatusChange, named), rows, seeded.clock())
        assert (str(claim.name), claim.standing.id, len(claim.rows)) == (f"change-{row.id}", new.id, 2)


def test_what_was_withdrawn_lets_the_row_before_it_stand_again(seeded):
    row = cut_of(seeded)
    new = amended(seeded, row, effective=PartialDate("2022-08-04"))
    withdraw(seeded.store, new, reason="It was right before.", at=seeded.clock(), **WHO)
    assert cut_of(seeded).id == row.id
    withdraw(seeded.store, name_of(row), reason="Never happened.", at=seeded.clock(), **WHO)
    assert page(seeded, day="2023-01-01").state is State.ACTIVE


def test_whoever_comes_second_is_told_who_was_first_and_nothing_is_recorded(seeded):
    row = cut_of(seeded)
    amended(seeded, row, effective=PartialDate("2022-08-04"))
    with pytest.raises(Conflict, match="ana was first: corrected it at 1 Feb 2024 12:00 UTC"):
        amended(seeded, row, effective=PartialDate("2022-08-03"))
    assert str(cut_of(seeded).effective) == "2022-08-04"
    with pytest.raises(NotFound):
        withdraw(seeded.store, ClaimName(StatusChange, 999_999), reason="No.", at=seeded.clock(), **WHO)


@pytest.mark.parametrize(
    ("told", "field"),
    [({"cause": " "}, "cause"), ({"expected": PartialDate("2024")}, "expected"), ({}, None)],
)
def test_a_correction_that_cannot_be_is_refused_by_its_field(seeded, told, field):
    with pytest.raises(Refused) as refused:
        amended(seeded, cut_of(seeded), **told)
    assert refused.value.field == field


def test_a_contact_cannot_end_before_it_begins_and_a_reason_is_required(seeded):
    met = page(seeded).last_contact
    with pytest.raises(Refused, match="end before"):
        amended(seeded, met, end=date(2020, 1, 1))
    with pytest.raises(Refused, match="why it was amended"):
        amended(seeded, met, reason=" ", place="Geneva")


def test_a_further_source_adds_its_side_and_is_cited_once(seeded_2023):
    row = cut_of(seeded_2023)
    readout = source(side="us", url="https://us.example/1", title="A statement", quote="They cut the talks.")
    readout = replace(readout, published=PartialDate("2022-08-06"))
    cite(seeded_2023.store, name_of(row), readout, at=seeded_2023.clock(), **WHO)
    assert page(seeded_2023, day="2023-01-01").corroboration == "both"
    with pytest.raises(Conflict, match="already"):
        cite(seeded_2023.store, name_of(row), readout, at=seeded_2023.clock(), **WHO)
    with pytest.raises(Refused, match="no side 'uk'"):
        cite(seeded_2023.store, name_of(row), replace(readout, side="uk", url="x"), at=seeded_2023.clock(), **WHO)


def test_seeding_again_leaves_what_a_reviewer_corrected_or_withdrew(seeded, clock):
    corrected, withdrawn = cut_of(seeded), page(seeded).last_contact
    amended(seeded, corrected, cause="In a reviewer's words.")
    withdraw(seeded.store, name_of(withdrawn), reason="Another channel.", at=clock(), **WHO)

    def worded_anew(one: SeedEntry) -> SeedEntry:
        return replace(one, entry=replace(one.entry, note="Worded anew."))

    packs = [replace(pack, entries=tuple(map(worded_anew, pack.entries))) for pack in seeded.packs]
    clock.advance(days=1)
    done = seed(seeded.store, packs, at=clock())
    assert (done.kept, done.added) == (1, 0)
    assert cut_of(seeded).cause == "In a reviewer's words."
    assert withdrawn.id not in {row.id for row in page(seeded).contacts}


US = release(title="Talks", url="https://us.example/1", side="us")
CN = release(title="会晤", url="https://cn.example/1", side="cn", lang="zh", published=date(2024, 1, 10))


def test_both_accounts_of_an_accepted_event_are_kept_with_what_each_says(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    (candidate,) = arrive(seeded_2023, CN, sighting(date=PartialDate("2024-01-10"), starts=date(2024, 1, 9)))
    decide(seeded_2023, candidate)
    now = page(seeded_2023).change
    assert {(s.side, s.says, str(s.dated)) for s in now.sources} == {
        ("us", Signal.HELD, "2024-01-09"),
        ("cn", Signal.HELD, "2024-01-10"),
    }
    assert not page(seeded_2023).contested, "a day apart agrees: the capitals lie twelve hours apart"


def account(side: str, says: Signal, dated: str, **over):
    return source(side=side, says=says, dated=PartialDate(dated), url=f"https://{side}.example/", **over)


@pytest.mark.parametrize(
    ("us", "cn", "about"),
    [
        ((Signal.HELD, "2024-01-08"), (Signal.HELD, "2024-01-09"), []),
        ((Signal.HELD, "2024-01-08"), (Signal.HELD, "2024-01"), []),
        ((Signal.ANNOUNCED, "2024-01-08"), (Signal.HELD, "2024-01-08"), []),
        ((Signal.RESUMED, "2026-11-20"), (Signal.ANNOUNCED, "2027-01"), []),
        ((Signal.HELD, "2024-01-08"), (Signal.HELD, "2024-01-12"), ["the date"]),
        ((Signal.HELD, "2024-01-08"), (Signal.REFUSED, "2024-01-08"), ["whether it happened"]),
        ((Signal.CANCELLED, "2024-01-08"), (Signal.HELD, "2024-02-08"), ["whether it happened", "the date"]),
        ((Signal.SUSPENDED, "2022-08-05"), (Signal.HELD, "2022-08-05"), ["the state"]),
        ((Signal.SUSPENDED, "2022-08-05"), (Signal.ENDED, "2022-08-05"), []),
    ],
)
def test_accounts_of_two_sides_that_differ_are_contested(us, cn, about):
    row = change(State.RESUMED, "2024-01-08", sources=(account("us", *us), account("cn", *cn)))
    assert [dispute.about for dispute in disputes(row, US_CHINA)] == about
    turned = replace(row, sources=row.sources[::-1])
    assert [dispute.about for dispute in disputes(turned, US_CHINA)] == about
    assert disputes(replace(row, settled="The readout had a slip."), US_CHINA) == ()


def test_persons_of_whom_none_is_in_both_make_the_level_contested():
    ministers = account("us", Signal.HELD, "2024-01-08", persons=("secdef", "cn-defense-minister"))
    deputies = account("cn", Signal.HELD, "2024-01-08", persons=("dasd-china",))
    (dispute,) = disputes(change(State.RESUMED, "2024-01-08", sources=(ministers, deputies)), US_CHINA)
    assert dispute.about == "the level"


RANKED = replace(
    US_CHINA,
    parties=(
        replace(US_CHINA.parties[0], levels={"us-secretary": Level.MINISTERS, "us-desk": Level.DIRECTORS}),
        replace(US_CHINA.parties[1], levels={"cn-minister": Level.MINISTERS, "cn-vice": Level.DEPUTIES}),
    ),
)


def met(side: str, told: Level | tuple[str, ...] | None, **over) -> Source:
    """A document of a side that tells a level, or names who met."""
    said = {"persons": told} if isinstance(told, tuple) else {"level": told}
    return account(side, Signal.HELD, "2024-01-08", **said, **over)


def about(row, relationship=RANKED) -> list[str]:
    return [dispute.about for dispute in disputes(row, relationship)]


@pytest.mark.parametrize(("one", "other"), [*product([*Level, None], repeat=2)])
def test_levels_that_the_two_sides_tell_are_contested_unless_one_includes_the_other(one, other):
    row = contact(Outcome.HELD, "2024-01-08", sources=(met("us", one), met("cn", other)))
    silent, alike = None in (one, other), {one, other} == {Level.DIRECTORS, Level.WORKING}
    differ = [] if silent or alike or one is other else ["the level"]
    assert about(row) == about(replace(row, sources=row.sources[::-1])) == differ
    assert about(replace(row, settled="It was the ministers.")) == []


@pytest.mark.parametrize(
    ("us", "cn", "differ"),
    [
        (("us-secretary",), Level.WORKING, True),
        (("us-secretary",), Level.MINISTERS, False),
        (("us-desk",), Level.WORKING, False),
        (("us-secretary", "cn-minister"), ("cn-minister",), False),
        (("us-secretary",), ("cn-minister",), False),
        (("us-secretary",), ("cn-vice",), True),
        (("us-unranked",), Level.WORKING, False),
        (("us-secretary", "us-unranked"), Level.WORKING, False),
    ],
)
def test_a_level_is_held_against_the_offices_that_the_other_side_names(us, cn, differ):
    row = contact(Outcome.HELD, "2024-01-08", sources=(met("us", us), met("cn", cn)))
    assert about(row) == about(replace(row, sources=row.sources[::-1])) == (["the level"] if differ else [])


def test_a_level_that_a_reviewer_read_in_a_document_counts_though_it_says_nothing_else_and_third_parties_do_not():
    cited = source(side="cn", level=Level.WORKING, url="https://cn.example/2")
    row = contact(Outcome.HELD, "2024-01-08", sources=(met("us", Level.MINISTERS), cited))
    words = "United States: held on 8 Jan 2024, at ministers’ level; China: at working level."
    assert contested_words(row, RANKED) == f"The sides differ on the level. {words}"
    assert about(replace(row, sources=(row.sources[0], replace(cited, side="third-party")))) == []


def test_the_sides_agree_on_the_level_once_the_newer_account_of_one_does():
    first = met("cn", Level.WORKING, published=PartialDate("2024-01-09"))
    later = met("cn", Level.MINISTERS, published=PartialDate("2024-01-20"))
    silent = met("cn", None, published=PartialDate("2024-01-21"))
    row = contact(Outcome.HELD, "2024-01-08", sources=(met("us", Level.MINISTERS), first))
    assert about(row) == about(replace(row, sources=(*row.sources, silent))) == ["the level"]
    assert about(replace(row, sources=(*row.sources, later, silent))) == []


def test_a_correction_says_at_which_level_each_side_told_it_and_leaves_other_documents_alone(seeded):
    row = cut_of(seeded)
    side = row.sources[0].side
    new = amended(seeded, row, levels={side: Level.WORKING})
    assert {one.level for one in cut_of(seeded).sources if one.side == side} == {Level.WORKING}
    assert {one.level for one in cut_of(seeded).sources if one.side != side} <= {None}
    with pytest.raises(Refused, match="says what the row says already"):
        amended(seeded, cut_of(seeded), levels={side: Level.WORKING})
    with pytest.raises(Refused, match="none of the two parties"):
        amended(seeded, cut_of(seeded), levels={"uk": Level.WORKING})
    withdraw(seeded.store, new, reason="It was right before.", at=seeded.clock(), **WHO)
    assert {one.level for one in cut_of(seeded).sources} == {None}


def test_the_sides_agree_once_the_newer_account_of_one_does():
    us = account("us", Signal.HELD, "2024-01-08", published=PartialDate("2024-01-09"))
    first = account("cn", Signal.REFUSED, "2024-01-08", published=PartialDate("2024-01-09"))
    later = account("cn", Signal.HELD, "2024-01-08", published=PartialDate("2024-01-20"))
    row = change(State.RESUMED, "2024-01-08", sources=(us, first))
    assert disputes(row, US_CHINA)
    assert not disputes(replace(row, sources=(us, first, later)), US_CHINA)


def test_a_dispute_stays_flagged_until_a_reviewer_records_why_it_is_settled(seeded):
    row = cut_of(seeded)
    amended(seeded, row, contested="China says that it was never cut.")
    assert page(seeded, day="2023-11-01").contested
    amended(seeded, cut_of(seeded), contested=None, settled="The ministry said so itself on the day.")
    now = page(seeded, day="2023-11-01")
    assert not now.contested
    assert now.change.settled == "The ministry said so itself on the day."


def test_a_dispute_that_was_noted_and_settled_in_one_row_is_settled(seeded):
    amended(seeded, cut_of(seeded), contested="China says that it was never cut.", settled="It said so by a slip.")
    assert not page(seeded, day="2023-11-01").contested


def merged(state: State, *accounts) -> ChannelView:
    """A channel whose only row cites these documents, whatever each of them says."""
    row = replace(change(state, "2026-11-10", sources=accounts), id=1)
    return view(CHANNEL, US_CHINA, [row], [], Moment(date(2026, 11, 30), datetime(2026, 11, 30, 12, tzinfo=UTC)))


@pytest.mark.parametrize("turned", [False, True])
def test_a_side_that_tells_otherwise_than_the_row_is_told_in_its_own_words_and_attests_nothing(turned: bool):
    cn = account("cn", Signal.SUSPENDED, "2026-11-10", published=PartialDate("2026-11-10"))
    us = account("us", Signal.HELD, "2026-11-20", published=PartialDate("2026-11-20"))
    seen = merged(State.SUSPENDED, *((us, cn) if turned else (cn, us)))
    claims = {claim.side: (claim.says, claim.state, str(claim.date)) for claim in seen.claims}
    assert claims == {
        "cn": (State.SUSPENDED, State.SUSPENDED, "2026-11-10"),
        "us": (Outcome.HELD, None, "2026-11-20"),
    }
    assert (seen.corroboration, seen.contested) == ("cn", True)


def test_a_side_is_told_with_the_days_that_its_own_words_give():
    us = account("us", Signal.RESUMED, "2026-11-04", published=PartialDate("2026-11-10"))
    cn = account("cn", Signal.RESUMED, "2026-11-10", published=PartialDate("2026-11-11"))
    claims = {claim.side: str(claim.date) for claim in merged(State.RESUMED, us, cn).claims}
    assert claims == {"us": "2026-11-04", "cn": "2026-11-10"}


def denial(side: str, published: str) -> Source:
    return source(side=side, denies=True, published=PartialDate(published), url=f"https://{side}.example/denial")


@pytest.mark.parametrize(
    ("others", "rests_on", "words"),
    [
        (("third-party",), "third-party", "Denied by China."),
        (("us",), "us", "Denied by China."),
        (("us", "cn"), "us", "Denied by China."),
        ((), "none", "Denied by China."),
    ],
)
def test_whoever_denies_it_attests_nothing_even_what_it_said_before(others, rests_on: str, words: str):
    told = [account(side, Signal.RESUMED, "2026-11-10", published=PartialDate("2026-11-10")) for side in others]
    seen = merged(State.RESUMED, *told, denial("cn", "2026-11-12"))
    assert (seen.corroboration, seen.contested) == (rests_on, True)
    assert contested_words(seen.change, US_CHINA) == words
    assert next(claim.says for claim in seen.claims if claim.side == "cn") == "denied"


def test_what_both_sides_deny_rests_on_nobody_and_both_are_named():
    seen = merged(State.RESUMED, denial("us", "2026-11-12"), denial("cn", "2026-11-13"))
    assert (seen.corroboration, seen.contested) == ("none", True)
    assert contested_words(seen.change, US_CHINA) == "Denied by the United States. Denied by China."


def test_who_reports_a_contact_says_nothing_of_the_line_that_was_cut_that_day():
    on = {"published": PartialDate("2026-11-10")}
    us, cn = account("us", Signal.HELD, "2026-11-10", **on), account("cn", Signal.SUSPENDED, "2026-11-10", **on)
    met = replace(contact(Outcome.HELD, "2026-11-10", sources=(us,)), id=1)
    cut = replace(change(State.SUSPENDED, "2026-11-10", sources=(cn,)), id=2)
    at = Moment(date(2026, 11, 30), datetime(2026, 11, 30, 12, tzinfo=UTC))
    claims = {one.side: (one.says, one.state) for one in view(CHANNEL, US_CHINA, [cut], [met], at).claims}
    assert claims == {"us": (Outcome.HELD, None), "cn": (State.SUSPENDED, State.SUSPENDED)}


def test_offices_are_told_in_words_where_the_level_differs():
    ministers = account("us", Signal.HELD, "2024-01-08", persons=("us-defense-secretary",))
    deputies = account("cn", Signal.HELD, "2024-01-08", persons=("cn-deputy-chief",))
    words = contested_words(change(State.RESUMED, "2024-01-08", sources=(ministers, deputies)), US_CHINA)
    assert "by defense secretary (United States)" in words
    assert "by deputy chief (China)" in words


def test_a_reading_that_a_reviewer_put_right_takes_the_word_from_nobody():
    us = account("us", Signal.HELD, "2026-11-10", published=PartialDate("2026-11-10"))
    seen = merged(State.SUSPENDED, us)
    assert seen.corroboration == "us"
    assert [claim.state for claim in seen.claims] == [State.SUSPENDED]


def test_what_is_recorded_later_never_gets_an_earlier_instant_though_the_clock_was_set_back(seeded, clock):
    """So a view at some `known_at` is never joined by a row that was written after it was shown."""
    row = cut_of(seeded)
    clock.advance(hours=2)
    amended(seeded, row, cause="As it was put at two.")
    shown_at = clock()
    clock.advance(hours=-1)
    amended(seeded, cut_of_now(seeded), cause="As it was put with the clock an hour back.")
    with seeded.store.reading() as db:
        rows, _ = db.record.entries_of("dpct")
    causes = {kept.cause for kept in in_force(rows, shown_at)}
    assert "As it was put at two." in causes
    assert "As it was put with the clock an hour back." not in causes


def cut_of_now(service) -> StatusChange:
    with service.store.reading() as db:
        rows, _ = db.record.entries_of("dpct")
    return next(row for row in in_force(rows, max(row.recorded_at for row in rows)) if row.state is State.SUSPENDED)


@pytest.mark.parametrize(
    ("told", "field"),
    [({"effective": PartialDate("2024-03-01")}, "effective"), ({"effective": PartialDate("2042")}, "effective")],
)
def test_no_state_holds_from_a_day_that_has_not_come(seeded, told, field):
    with pytest.raises(Refused, match="has not come") as refused:
        amended(seeded, cut_of(seeded), **told)
    assert refused.value.field == field


TO_COME = {"date": PartialDate("2025"), "end": None}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"date": PartialDate("2024-03-01"), "end": None}, "date"),
        ({"outcome": Outcome.REFUSED} | TO_COME, "announced"),
        ({"outcome": Outcome.ANNOUNCED, "announced": date(2024, 3, 1)} | TO_COME, "announced"),
        ({"outcome": Outcome.HELD, "date": None, "end": None, "announced": date(2024, 1, 1)}, "date"),
    ],
)
def test_no_contact_that_nobody_can_know_of_yet_is_put_on_the_record(seeded, told, field):
    met = page(seeded).last_contact
    with pytest.raises(Refused) as refused:
        amended(seeded, met, **told)
    assert refused.value.field == field
    amended(seeded, met, outcome=Outcome.ANNOUNCED, announced=date(2024, 1, 9), **TO_COME)
