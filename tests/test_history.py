"""What the record says of a channel at a moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import CHANNEL, US_CHINA, change, contact, moment, source
from tracker.model import Moment, Outcome, PartialDate, Precision, Signal, State
from tracker.record.attest import corroboration
from tracker.record.citation import canonical
from tracker.record.differing import contested_words
from tracker.record.fates import Fate, meets, promises_among, when
from tracker.record.history import in_force, read, state_at, view, was_cut, with_derived
from tracker.record.proposals import propose
from tracker.record.statement import statements

CUT = change(State.SUSPENDED, "2022-08-05", cause="Cut.")
AGREED = change(State.PLANNED, "2023-11-15", cause="Agreed.")
BACK = change(State.RESUMED, "2024-01-08", cause="Met again.")
FIRST_MEETING = contact(Outcome.HELD, "2024-01-08", end=date(2024, 1, 9))
NEXT_MEETING = contact(Outcome.HELD, "2024-09-14", end=date(2024, 9, 15), summary="The next round.")
HISTORY = (CUT, AGREED, BACK)


def seen(day: str, changes=HISTORY, contacts=(FIRST_MEETING, NEXT_MEETING), channel=CHANNEL):
    return view(channel, US_CHINA, changes, contacts, moment(day))


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2022-08-04", None),
        ("2022-08-05", State.SUSPENDED),
        ("2023-11-15", State.PLANNED),
        ("2024-01-07", State.PLANNED),
        ("2024-01-08", State.RESUMED),
        ("2024-09-13", State.RESUMED),
        ("2024-09-14", State.ACTIVE),
    ],
)
def test_the_state_follows_the_history_and_the_next_contact_makes_a_resumed_channel_active(day, state):
    assert seen(day).state is state


def test_the_derived_change_cites_its_contact_and_says_what_it_is():
    active = seen("2024-10-01").change
    assert active.derived
    assert active.cause == "The next round."
    assert active.sources == NEXT_MEETING.sources


def test_a_contact_that_was_no_use_of_the_channel_moves_no_state_and_is_not_its_last_contact():
    handshake = replace(NEXT_MEETING, substantive=False)
    page = seen("2024-10-01", contacts=(FIRST_MEETING, handshake))
    assert page.state is State.RESUMED
    assert page.last_contact.date == FIRST_MEETING.date


def test_a_month_is_resumed_to_its_last_day_so_contacts_within_it_are_not_the_next_one():
    back = change(State.RESUMED, "2024-06")
    within, after = contact(Outcome.HELD, "2024-06-06"), contact(Outcome.HELD, "2024-10-15")
    derived = with_derived([CUT, back], [within, after])
    assert [str(c.effective) for c in derived] == ["2022-08-05", "2024-06", "2024-10-15"]


def test_a_recorded_change_before_the_next_contact_leaves_nothing_to_derive():
    cut_again = change(State.SUSPENDED, "2024-07-17")
    assert [c.derived for c in with_derived([BACK, cut_again], [NEXT_MEETING])] == [False, False]


def test_two_clocks_a_correction_never_changes_what_was_known_before():
    early, late = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    first = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=early)
    corrected = change(State.SUSPENDED, "2022-08-04", id=2, recorded_at=late, replaces=1)
    assert in_force([first, corrected], early) == [first]
    assert in_force([first, corrected], late) == [corrected]
    taken_back = replace(corrected, withdrawn_at=datetime(2024, 3, 1, tzinfo=UTC))
    assert in_force([first, taken_back], late) == [taken_back]
    assert in_force([first, taken_back], datetime(2024, 3, 1, tzinfo=UTC)) == [first]


def test_a_source_counts_from_when_it_was_cited_until_it_was_withdrawn():
    cited, withdrawn = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    row = change(State.ACTIVE, "2020", sources=(source(recorded_at=cited, withdrawn_at=withdrawn),))
    counts = [len(in_force([row], datetime(2024, month, 15, tzinfo=UTC))[0].sources) for month in (1, 2, 3)]
    assert counts == [0, 1, 0]


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        Moment(date(2024, 1, 1), datetime(2024, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("sides", "word"),
    [(["us", "cn"], "both"), (["cn", "third-party"], "cn"), (["third-party"], "third-party"), ([], "none")],
)
def test_corroboration_is_told_by_the_sides_that_speak(sides, word):
    cut = replace(CUT, sources=tuple(source(side=side) for side in sides))
    assert seen("2024-02-01", changes=[cut], contacts=()).corroboration == word


@pytest.mark.parametrize(
    ("published", "word"),
    [("2022-08-03", "none"), ("2022-07", "none"), ("2022-08-04", "cn"), ("2022-08", "cn"), ("2023-10", "cn")],
)
def test_a_document_that_was_out_before_something_happened_is_nobodys_word_on_it(published, word):
    cut = replace(CUT, sources=(source(side="cn", published=PartialDate(published)),))
    page = seen("2023-12-01", changes=[cut], contacts=())
    assert (page.corroboration, [claim.side for claim in page.claims]) == (word, [] if word == "none" else ["cn"])


@pytest.mark.parametrize(
    ("day", "word", "claims"),
    [
        ("2022-08-05", "none", []),
        ("2022-08-07", "cn", ["cn"]),  # dated a day on, it can be out already in the capital that is ahead
        ("2023-09-29", "cn", ["cn"]),
        ("2023-09-30", "both", ["us", "cn"]),
    ],
)
def test_a_view_of_a_past_day_counts_no_word_that_was_published_later(day, word, claims):
    """Of a month the first day counts: it can have been out then. The row shows the later document all the same."""
    late = (source(side="cn", published=PartialDate("2022-08-08")), source(side="us", published=PartialDate("2023-10")))
    cut = replace(CUT, sources=late)
    page = seen(day, changes=[cut], contacts=())
    assert (page.corroboration, [claim.side for claim in page.claims]) == (word, claims)
    assert page.change.sources == late
    assert corroboration(page.change, US_CHINA) == word, "on lists of rows as in the heading"
    assert canonical(page.change) == canonical(cut), "what was cited before has its hash still"


def test_accounts_do_not_differ_before_the_second_one_was_published():
    us = source(side="us", published=PartialDate("2022-08-05"), says=Signal.SUSPENDED)
    cn = source(side="cn", published=PartialDate("2022-08-20"), says=Signal.HELD)
    cut = replace(CUT, sources=(us, cn))
    assert [seen(day, changes=[cut], contacts=()).contested for day in ("2022-08-18", "2022-08-19")] == [False, True]


def test_a_statement_of_a_past_day_is_on_the_word_of_who_had_spoken():
    late = (source(side="cn", published=PartialDate("2022-08-05")), source(side="us", published=PartialDate("2023-10")))
    cut = replace(CUT, id=1, recorded_at=datetime(2022, 1, 1, tzinfo=UTC), sources=late)
    told = [
        statement.corroboration
        for day in ("2022-09-01", "2023-10-01")
        for statement in statements(seen(day, changes=[cut], contacts=()), US_CHINA, [cut], [])
    ]
    assert told == ["cn", "both"]


def test_an_announcement_is_attested_by_who_announced_it_though_its_day_is_to_come():
    told = (source(side="us", published=PartialDate("2024-09-01")),)
    promise = contact(Outcome.ANNOUNCED, "2024-09-14", announced=date(2024, 9, 1), sources=told)
    assert corroboration(promise, US_CHINA) == "us"
    held = contact(Outcome.HELD, "2024-09-14", announced=date(2024, 9, 1), sources=told)
    assert corroboration(held, US_CHINA) == "none", "that it took place nobody has said"


def test_what_was_noted_of_differing_accounts_is_not_shown_before_it_can_have_been_known():
    told = (
        source(side="cn", published=PartialDate("2023-05-31")),
        source(side="us", published=PartialDate("2022-08-06")),
        source(published=PartialDate("2024-01-01")),
    )
    cut = replace(CUT, contested="China says it never broke off.", sources=told)
    before, after = (seen(day, changes=[cut], contacts=()) for day in ("2023-05-30", "2023-05-31"))
    assert (before.contested, before.change.contested) == (False, None)
    assert (after.contested, after.change.contested) == (True, cut.contested)


def test_claims_keep_apart_what_each_side_last_said():
    cut = replace(CUT, sources=(source(side="cn", quote="取消安排", published=PartialDate("2022-08-05")),))
    refused = contact(Outcome.REFUSED, "2023-02-04", sources=(source(side="us", published=PartialDate("2023-02-07")),))
    us, cn = seen("2023-03-01", changes=[cut], contacts=[refused]).claims
    assert (us.side, us.says, us.state, str(us.date)) == ("us", "refused", None, "2023-02-04")
    assert (cn.side, cn.says, cn.state, cn.quote) == ("cn", "suspended", State.SUSPENDED, "取消安排")


def test_of_one_day_the_words_that_carry_a_state_are_what_a_side_last_said():
    on_the_day = (source(side="cn", published=PartialDate("2022-08-05")),)
    cut = replace(CUT, id=1, sources=on_the_day)
    off = contact(Outcome.CANCELLED, "2022-08-05", id=70, announced=date(2022, 8, 5), sources=on_the_day)
    (cn,) = seen("2022-09-01", changes=[cut], contacts=[off]).claims
    assert (cn.says, cn.state) == ("suspended", State.SUSPENDED)


def test_last_used_and_last_tried_in_vain_stand_side_by_side():
    refused = contact(Outcome.NO_ANSWER, "2023-02-04")
    page = seen("2023-03-01", contacts=[contact(Outcome.HELD, "2021-09-28"), refused])
    assert str(page.last_contact.date) == "2021-09-28"
    assert page.last_refused == refused


def test_an_announced_contact_is_next_until_it_took_place_or_was_called_off():
    promise = contact(Outcome.ANNOUNCED, "2024-09-14", announced=date(2024, 9, 1))
    assert seen("2024-08-31", contacts=[promise]).next_contact is None, "not announced yet"
    assert seen("2024-09-02", contacts=[promise]).next_contact == promise
    held = contact(Outcome.HELD, "2024-09-15")
    assert seen("2024-09-15", contacts=[promise, held]).next_contact is None, "a day apart is the same meeting"
    off = contact(Outcome.POSTPONED, "2024-09-14", announced=date(2024, 9, 10))
    assert seen("2024-09-11", contacts=[promise, off]).next_contact is None


def test_a_meeting_elsewhere_does_not_meet_a_promise_for_the_year():
    visit = contact(Outcome.ANNOUNCED, "2026", announced=date(2026, 2, 1), place="Washington")
    beijing = contact(Outcome.HELD, "2026-05-14", place="Beijing")
    assert seen("2026-06-01", contacts=[visit, beijing]).next_contact == visit


def test_a_promise_past_its_window_is_overdue_until_the_channel_is_used():
    promise = contact(Outcome.ANNOUNCED, "2024-05", announced=date(2024, 4, 1))
    assert not seen("2024-05-31", contacts=[promise]).overdue
    assert seen("2024-06-01", contacts=[promise]).overdue
    assert not seen("2024-07-01", contacts=[promise, contact(Outcome.HELD, "2024-06-20")]).overdue


def test_a_channel_without_any_state_is_not_overdue():
    promise = contact(Outcome.ANNOUNCED, "2024-05", announced=date(2024, 4, 1))
    found = seen("2024-06-01", changes=[], contacts=[promise])
    assert ([one.fate for one in found.promises], found.unreported, found.overdue) == ([Fate.LAPSED], (), False)


def test_a_planned_state_is_overdue_after_its_expected_date():
    plan = change(State.PLANNED, "2024-05-31", expected=PartialDate("2024"))
    assert not seen("2024-12-31", changes=[plan], contacts=()).overdue
    assert seen("2025-01-01", changes=[plan], contacts=()).overdue


def test_a_channel_with_a_cadence_is_overdue_when_one_and_a_half_periods_have_passed():
    yearly = replace(CHANNEL, cadence="annual")
    contacts = [FIRST_MEETING, NEXT_MEETING]
    assert not seen("2026-03-01", contacts=contacts, channel=yearly).overdue
    assert seen("2026-04-01", contacts=contacts, channel=yearly).overdue


def test_a_contested_account_is_flagged():
    told = (source(side="cn", published=PartialDate("2022-08-08")),)
    assert seen("2023-01-01", changes=[replace(CUT, contested="China says no.", sources=told)]).contested
    assert not seen("2023-01-01").contested


PROPOSALS = [
    (Signal.HELD, State.SUSPENDED, True, State.RESUMED, Outcome.HELD),
    (Signal.HELD, State.PLANNED, True, State.RESUMED, Outcome.HELD),
    (Signal.HELD, State.PLANNED, False, State.ACTIVE, Outcome.HELD),
    (Signal.HELD, None, False, State.ACTIVE, Outcome.HELD),
    (Signal.HELD, State.RESUMED, True, State.ACTIVE, Outcome.HELD),
    (Signal.HELD, State.ACTIVE, True, None, Outcome.HELD),
    (Signal.ANNOUNCED, State.SUSPENDED, True, State.PLANNED, Outcome.ANNOUNCED),
    (Signal.ANNOUNCED, None, False, State.PLANNED, Outcome.ANNOUNCED),
    (Signal.ANNOUNCED, State.ACTIVE, False, None, Outcome.ANNOUNCED),
    (Signal.RESUMED, State.SUSPENDED, True, State.PLANNED, None),
    (Signal.RESUMED, State.PLANNED, True, State.RESUMED, None),
    (Signal.RESUMED, State.ACTIVE, True, None, None),
    (Signal.SUSPENDED, State.ACTIVE, False, State.SUSPENDED, None),
    (Signal.SUSPENDED, State.SUSPENDED, True, None, None),
    (Signal.ENDED, State.ACTIVE, False, State.ENDED, None),
    (Signal.REFUSED, State.ACTIVE, False, None, Outcome.REFUSED),
    (Signal.CANCELLED, State.ACTIVE, False, None, Outcome.CANCELLED),
    (Signal.POSTPONED, State.ACTIVE, False, None, Outcome.POSTPONED),
]


@pytest.mark.parametrize(("signal", "state", "cut", "proposed", "outcome"), PROPOSALS)
def test_a_signal_and_the_present_state_make_the_proposal(signal, state, cut, proposed, outcome):
    proposal = propose(signal, state, cut_before=cut)
    assert (proposal.state, proposal.contact) == (proposed, outcome)
    assert proposal.why


@given(st.sampled_from(list(Signal)), st.sampled_from([None, *State]), st.booleans())
def test_no_signal_proposes_the_state_that_the_channel_has(signal, state, cut):
    proposed = propose(signal, state, cut_before=cut).state
    assert proposed is None or proposed is not state


@given(st.dates(), st.sampled_from(list(Precision)))
def test_a_partial_date_spans_its_day_month_or_year(day, precision):
    text = day.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]]
    partial = PartialDate(text)
    assert partial.precision is precision
    assert partial.first <= day <= partial.last
    assert str(partial) == text


@pytest.mark.parametrize("text", ["2024-13", "2023-02-29", "24-01-01", "2024-1-9", "spring 2024", ""])
def test_a_date_that_does_not_exist_is_refused(text):
    with pytest.raises(ValueError, match="date"):
        PartialDate(text)


@given(
    st.lists(
        st.tuples(st.sampled_from(list(State)), st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 50)),
        max_size=8,
    ),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    st.integers(0, 50),
)
def test_the_state_at_any_two_instants_is_that_of_the_rows_recorded_and_effective_by_then(rows, day, hour):
    def at(hours):
        return datetime(2031, 1, 1 + hours // 24, hours % 24, tzinfo=UTC)

    changes = [
        change(state, effective.isoformat(), id=number, recorded_at=at(recorded))
        for number, (state, effective, recorded) in enumerate(rows, start=1)
    ]
    by_then = [c for c in changes if c.recorded_at <= at(hour) and c.effective.first <= day]
    page = view(CHANNEL, US_CHINA, changes, (), Moment(day, at(hour)))
    assert page.history == tuple(sorted(by_then, key=lambda c: (c.effective.first, c.id), reverse=True))
    assert page.state is state_at(with_derived(by_then, ()), day)


@given(
    st.lists(
        st.builds(
            lambda outcome, day, precision, days, announced: contact(
                outcome,
                day.isoformat()[:precision] if precision else None,
                end=day + timedelta(days) if precision == 10 and days else None,
                announced=announced if precision else day,
            ),
            st.sampled_from([Outcome.ANNOUNCED, Outcome.HELD, Outcome.REFUSED]),
            st.dates(date(2022, 1, 1), date(2023, 3, 1)),
            st.sampled_from([0, 4, 7, 10, 10]),
            st.integers(0, 40),
            st.none() | st.dates(date(2021, 12, 1), date(2023, 3, 1)),
        ),
        max_size=12,
    )
)
def test_a_promise_is_unmet_where_no_outcome_at_all_meets_it(contacts):
    outcomes = [met for met in contacts if met.outcome is not Outcome.ANNOUNCED and met.first]
    promised = [promise for promise in contacts if promise.outcome is Outcome.ANNOUNCED]
    told = promises_among((), contacts, date.max)
    unmet = [one.made for one in told if one.fate is Fate.LAPSED or one.lapsed_on]
    assert sorted(map(str, unmet)) == sorted(str(p) for p in promised if not any(meets(met, p) for met in outcomes))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(State), st.dates(date(2022, 1, 1), date(2023, 6, 1)).map(str), st.sampled_from([4, 7, 10, 10])
    ),
    max_size=8,
)
MET = st.lists(
    st.tuples(st.sampled_from([Outcome.HELD, Outcome.HELD, Outcome.REFUSED]),
              st.dates(date(2022, 1, 1), date(2023, 6, 1)).map(str), st.sampled_from([4, 7, 10, 10]), st.booleans()),
    max_size=12,
)  # fmt: skip


@given(ROWS, MET)
def test_a_resumed_channel_is_made_active_by_the_first_of_all_contacts_between_it_and_the_next_change(rows, met):
    changes = [change(state, day[:length], id=n) for n, (state, day, length) in enumerate(rows, start=1)]
    contacts = [
        contact(outcome, day[:length], id=n, substantive=used)
        for n, (outcome, day, length, used) in enumerate(met, start=1)
    ]
    ordered = sorted(changes, key=lambda c: (c.effective.first, c.id))
    used = sorted((c for c in contacts if c.outcome is Outcome.HELD and c.substantive), key=when)
    assert [one.change for one in read(changes, contacts) if not one.change.derived] == ordered
    turns = with_derived(changes, contacts)
    for turn, following in zip_longest(turns, turns[1:]):
        until = following.effective.first if following and not following.derived else date.max
        makes = next((c for c in used if turn.effective.last < c.first < until), None)
        makes = makes if turn.state is State.RESUMED else None
        assert (following.follows if following else None) == (makes.id if makes else None)


@given(ROWS, MET)
def test_a_state_begins_once_and_nothing_is_active_before_it_was_resumed(rows, met):
    changes = [change(state, day[:length], id=n) for n, (state, day, length) in enumerate(rows, start=1)]
    contacts = [contact(outcome, day[:length], id=n) for n, (outcome, day, length, _) in enumerate(met, start=1)]
    states = [turn.state for turn in with_derived(changes, contacts)]
    for before, state in pairwise(states):
        assert before is not state or state is State.PLANNED
    used = [state for state in states if state is not State.PLANNED]
    assert not {(State.SUSPENDED, State.ACTIVE), (State.ENDED, State.ACTIVE)} & set(pairwise(used))


def decided(events):
    """The rows that accepting events as proposed puts on record, in the order given: signals with their days."""
    changes, contacts = [], []
    for number, (signal, day) in enumerate(events, start=1):
        history = with_derived(changes, contacts)
        before = [turn for turn in history if turn.effective.first < day]
        proposal = propose(signal, state_at(history, day - timedelta(days=1)), cut_before=was_cut(before))
        if proposal.state:
            changes.append(change(proposal.state, day.isoformat(), id=number))
        if proposal.contact:
            contacts.append(contact(proposal.contact, day.isoformat(), id=number))
    return changes, contacts


@given(
    st.sets(st.dates(date(2024, 1, 1), date(2024, 3, 1)), min_size=1, max_size=3),
    st.sets(st.dates(date(2024, 4, 1), date(2024, 6, 1)), max_size=4),
    st.data(),
)
def test_in_whatever_order_cuts_and_the_contacts_after_them_are_decided_the_states_are_the_same(cuts, met, data):
    events = [*((Signal.SUSPENDED, day) for day in sorted(cuts)), *((Signal.HELD, day) for day in sorted(met))]
    first, *others = events
    pages = [seen("2024-07-01", *decided([first, *order])) for order in (others, data.draw(st.permutations(others)))]
    told = [[(turn.state, turn.effective) for turn in page.states] for page in pages]
    assert told[0] == told[1]


def test_a_suspension_that_is_said_again_is_so_since_it_was_said_first():
    again, first = (change(State.SUSPENDED, day, id=n) for n, day in ((1, "2024-04-20"), (2, "2024-04-02")))
    page = seen("2024-05-01", [again, first], [])
    assert (page.change, page.days_in_state) == (first, 29)
    assert [row.id for row in page.history] == [1, 2], "its own word and source stay"
    assert [(one.state, one.otherwise) for one in page.readings] == [(State.SUSPENDED, True), (State.SUSPENDED, False)]
    noted = replace(again, contested="China says that it is not.")
    assert seen("2024-05-01", [noted, first], []).disputed(US_CHINA) == [noted]


def test_a_plan_that_is_made_anew_is_a_promise_of_its_own():
    first = change(State.PLANNED, "2024-04-02", id=1, expected=PartialDate("2024-05"))
    anew = change(State.PLANNED, "2024-06-02", id=2, expected=PartialDate("2024-09"))
    page = seen("2024-07-01", [first, anew], [])
    assert (page.change, str(page.expected)) == (anew, "2024-09")


MET_THERE = contact(Outcome.HELD, "2024-11-02", id=1, sources=(source(side="us", url="https://us.example/1"),))
CALLED_OFF = contact(Outcome.CANCELLED, "2024-11-02", id=2, sources=(source(side="cn", url="https://cn.example/1"),))


@pytest.mark.parametrize(
    ("over", "differs"),
    [
        ({}, True),
        ({"outcome": Outcome.NO_ANSWER}, True),
        ({"date": PartialDate("2024-11-05")}, False),
        ({"date": PartialDate("2024-11")}, False),
        ({"substantive": False}, False),
        ({"round": 2}, False),
        ({"sources": (source(side="us"),)}, False),
        ({"sources": (source(side="us"), source(side="cn"))}, False),
        ({"settled": "Another meeting."}, False),
    ],
)
def test_one_party_that_met_and_one_that_called_it_off_differ_on_whether_it_happened(over, differs):
    held = replace(MET_THERE, round=1, sources=(replace(MET_THERE.sources[0], published=PartialDate("2024-11-03")),))
    cited = tuple(replace(one, published=PartialDate("2024-11-01")) for one in over.get("sources", CALLED_OFF.sources))
    off = replace(CALLED_OFF, **over | {"sources": cited})
    page = seen("2024-11-10", contacts=[held, off])
    assert page.contested is differs
    words = "The sides differ on whether it happened. United States: held; China: "
    for row in (held, off):
        told = contested_words(row, US_CHINA, page.opposition(row))
        assert (told or "").startswith(words) is differs
    assert [row.id for row in page.disputed(US_CHINA)] == ([1] if differs else [])


CUT_1 = change(State.SUSPENDED, "2024-01-10", id=1)
MARCH, JUNE = (contact(Outcome.HELD, day, id=n) for n, day in ((1, "2024-03-05"), (2, "2024-06-05")))


def test_a_channel_that_was_resumed_twice_is_active_from_the_second_contact_on():
    both = [CUT_1, change(State.RESUMED, "2024-06-05", id=2), change(State.RESUMED, "2024-03-05", id=3)]
    page = seen("2024-07-01", both, [JUNE, MARCH])
    assert [(turn.state, str(turn.effective)) for turn in page.states] == [
        (State.ACTIVE, "2024-06-05"), (State.RESUMED, "2024-03-05"), (State.SUSPENDED, "2024-01-10"),
    ]  # fmt: skip
    assert [row.state for row in page.history] == [State.RESUMED, State.RESUMED, State.SUSPENDED]
    declared = seen("2024-07-01", both, [MARCH])
    assert (declared.state, str(declared.change.effective)) == (State.RESUMED, "2024-03-05"), "no contact, no news"


def test_what_is_active_straight_after_a_cut_is_resumed_and_the_next_contact_makes_it_active():
    july = contact(Outcome.HELD, "2024-07-05", id=3)
    page = seen("2024-06-30", [CUT_1, change(State.ACTIVE, "2024-06-05", id=2)], [JUNE, july])
    assert (page.state, page.change.id, page.history[0].state) == (State.RESUMED, 2, State.ACTIVE)
    later = seen("2024-08-01", [CUT_1, change(State.ACTIVE, "2024-06-05", id=2)], [JUNE, july])
    assert (later.state, later.change.follows) == (State.ACTIVE, 3)


def test_a_correction_stands_among_the_rows_of_its_day_where_what_it_corrects_did():
    at = datetime(2024, 1, 1, tzinfo=UTC)
    cut, back = (
        change(state, "2024-09-07", id=n, recorded_at=at) for n, state in ((80, State.SUSPENDED), (81, State.RESUMED))
    )
    worded = replace(cut, id=95, replaces=80, cause="In other words.", recorded_at=at + timedelta(days=1))
    twice = replace(worded, id=99, replaces=95, recorded_at=at + timedelta(days=2))
    assert [seen("2024-10-01", rows, []).state for rows in ([cut, back, worded], [twice, worded, back, cut])] == [
        State.RESUMED, State.RESUMED,
    ]  # fmt: skip
    contacts = [replace(MARCH, id=n, recorded_at=at) for n in (1, 2)]
    reworded = replace(contacts[0], id=3, replaces=1, summary="Otherwise.", recorded_at=at + timedelta(days=1))
    page = seen("2024-10-01", [CUT_1], [*contacts, reworded])
    assert (page.last_contact.id, [one.id for one in page.contacts]) == (2, [2, 3])


@given(ROWS, MET, st.dates(date(2021, 12, 1), date(2023, 7, 1)))
def test_the_state_on_a_day_is_that_of_the_last_of_all_changes_begun_by_then(rows, met, day):
    changes = [change(state, day[:length], id=n) for n, (state, day, length) in enumerate(rows, start=1)]
    contacts = [contact(outcome, day[:length], id=n) for n, (outcome, day, length, _) in enumerate(met, start=1)]
    history = with_derived(changes, contacts)
    assert state_at(history, day) is next((c.state for c in reversed(history) if c.effective.first <= day), None)


def test_a_row_of_which_nothing_was_cited_later_is_itself_whenever_it_stands():
    at = datetime(2024, 1, 1, tzinfo=UTC)
    row = change(State.ACTIVE, "2020", id=1, recorded_at=at, sources=(source(recorded_at=at),))
    assert in_force([row], at)[0] is row
