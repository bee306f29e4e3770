"""Briefs: what they say in two languages, that each sentence rests on its claims, and that none is too long."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.briefs import (
    AFTER,
    BOTH,
    CALL,
    CHANNELS,
    CUT,
    KEPT,
    KEPT_PROMISE,
    LONG_AGO,
    NEWLY,
    PROMISE,
    SITUATIONS,
    Situation,
    file_of,
    known,
    new,
    no_feed,
    unread,
    whole,
    with_gap,
    with_gaps,
)
from tests.make import US_CHINA, change, contact, source
from tracker.brief import BOOKS, NewsKind, brief_of, sentence_of, stirred
from tracker.model import THIRD_PARTY, Contact, Moment, Outcome, PartialDate, State, StatusChange
from tracker.record.lineage import entry_key
from tracker.tongue import speaking
from tracker.wording import date_words, span_words

LANGUAGES = sorted(BOOKS)

DIGITS = re.compile(r"\d+")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_brief_says_what_was_agreed_that_it_says(lang: str):
    """Thirty situations and more; `python -m tests.briefs` writes them anew, for somebody to read what differs."""
    assert len(SITUATIONS) >= 30
    assert file_of(lang) == (KEPT / f"{lang}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_claim_of_a_sentence_is_a_row_of_the_record_and_only_counts_and_coverage_have_none(name: str):
    situation = SITUATIONS[name]()
    rows = {entry_key(row) for row in situation.rows}
    for lang in LANGUAGES:
        brief = situation.brief(lang)
        for sentence in brief.sentences:
            assert set(sentence.claims) <= rows
            assert bool(sentence.claims) is (sentence.kind not in ("opening", "more", "coverage"))
        assert brief.text == BOOKS[lang].between.join(sentence.words for sentence in brief.sentences)
        assert (brief.sentences[0].kind, brief.sentences[-1].kind) == ("opening", "coverage")


def test_both_languages_tell_the_same_news_in_the_same_order():
    for make in SITUATIONS.values():
        told = [make().brief(lang).news for lang in LANGUAGES]
        assert [one.claims for one in told[0]] == [one.claims for one in told[1]]


def test_a_brief_is_in_its_language_whatever_language_the_page_is_in():
    plain = {lang: Situation([new(CUT)]).brief(lang).text for lang in LANGUAGES}
    with speaking("zh"):
        assert {lang: Situation([new(CUT)]).brief(lang).text for lang in LANGUAGES} == plain


def test_what_was_taken_back_before_anybody_saw_it_is_no_news():
    assert Situation([new(CALL, withdrawn_at=NEWLY + timedelta(hours=1), withdrawn_reason="No.")]).news == []


def test_what_was_corrected_twice_is_told_once_as_it_stands():
    middle = replace(CUT, effective=PartialDate("2024-01-30"))
    last = replace(CUT, effective=PartialDate("2024-01-31"))
    (one,) = Situation([known(CUT, 1), new(middle, 2, replaces=1), new(last, 3, replaces=2)]).news
    assert (one.kind, one.claims) == (NewsKind.CORRECTED, ("change-3", "change-1"))


def test_what_happened_long_ago_and_was_merely_recorded_now_comes_after_what_is_new_in_the_world():
    old = new(replace(CUT, effective=PartialDate("2022-08-05")), 1)
    plan = new(change(State.PLANNED, "2024-01-30", channel="climate"), 2)
    promise = new(replace(PROMISE, date=PartialDate("2024-06"), channel="climate"), 3)
    told = Situation([old, plan, promise, new(replace(CALL, channel="mmca"), 4)]).brief("en").news
    assert [entry_key(one.told) for one in told] == ["change-2", "contact-4", "contact-3", "change-1"]


def test_of_the_states_of_long_ago_the_last_alone_is_told():
    rows = [
        new(change(state, f"202{year}-05"), year)
        for year, state in enumerate((State.ACTIVE, State.SUSPENDED, State.PLANNED), 1)
    ]
    assert [one.claims for one in Situation(rows).news] == [("change-3",)]


def test_a_mark_at_an_act_has_seen_it_and_one_before_has_not():
    assert Situation([new(CUT)], after=NEWLY).news == []
    assert len(Situation([new(CUT)], after=NEWLY - timedelta(microseconds=1)).news) == 1


def test_what_takes_effect_later_is_news_on_its_day():
    planned = known(change(State.ENDED, "2024-02-03", sources=BOTH))
    assert [one.kind for one in Situation([planned]).news] == [NewsKind.STATE]
    assert Situation([planned], until=datetime(2024, 2, 2, 12, tzinfo=UTC)).news == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_announcement_that_was_confirmed_and_lapsed_meanwhile_is_told_in_two_sentences(lang: str):
    sources = (source(side="us", published=None), source(side="cn", title="Another", published=None, recorded_at=NEWLY))
    made = known(replace(PROMISE, announced=LONG_AGO.date(), date=PartialDate("2024-02-01"), sources=sources))
    situation = Situation([made])
    assert {one.kind for one in situation.news} == {NewsKind.LAPSED, NewsKind.CONFIRMED}
    assert [one.claims for one in situation.brief(lang).sentences[1:-1]] == [("contact-1",)] * 2


def test_a_promise_that_had_lapsed_when_it_was_recorded_is_told_as_lapsed():
    (one,) = Situation([new(replace(PROMISE, date=PartialDate("2023-12")))]).news
    assert (one.kind, one.claims) == (NewsKind.LAPSED, ("contact-1",))


def test_a_lapse_is_told_once_and_not_again_after_its_day():
    kept = known(PROMISE)
    days = [datetime(2024, 2, day, 9, tzinfo=UTC) for day in range(1, 7)]
    told = [Situation([kept], after=one, until=other).news for one, other in pairwise(days)]
    assert [len(news) for news in told] == [0, 1, 0, 0, 0]


def test_a_channel_at_which_nothing_stirred_is_not_looked_at():
    after, until = Moment(AFTER.date(), AFTER), Moment(date(2024, 2, 3), NEWLY)
    assert not stirred([known(CUT)], [known(CALL)], after, until)
    assert stirred([known(CUT, withdrawn_at=NEWLY)], [], after, until)
    assert stirred([], [known(CALL, sources=(source(recorded_at=NEWLY),))], after, until)
    assert stirred([], [known(PROMISE)], after, until)


def test_names_however_long_leave_a_brief_within_its_size():
    endless = {slug: replace(line, names={"en": "word " * 400, "zh": "名" * 900}) for slug, line in CHANNELS.items()}
    for lang in LANGUAGES:
        brief = Situation([new(CUT, 1), new(CALL, 1)], channels=endless).brief(lang)
        assert BOOKS[lang].size(brief.text) <= BOOKS[lang].most
        assert [sentence.kind for sentence in brief.sentences] == ["opening", "more", "coverage"]
        assert brief.left_out == 2


def test_a_place_that_is_a_sentence_is_left_to_the_page_of_its_claim():
    (told,) = Situation([new(replace(CALL, place="between two flights, " * 9))]).news
    assert "flights" not in sentence_of([told], "en").words


days = st.dates(date(2023, 6, 1), date(2024, 4, 30))
precise = st.tuples(days, st.sampled_from([10, 7, 4])).map(lambda told: PartialDate(told[0].isoformat()[: told[1]]))
cited = st.lists(st.sampled_from(["us", "cn", THIRD_PARTY]), unique=True, max_size=3)
slugs = st.sampled_from(sorted(CHANNELS))


@st.composite
def records(draw: st.DrawFn) -> list[StatusChange | Contact]:
    """Rows as the record can make them: each may correct an older one of its kind and channel, or be withdrawn."""
    rows: list[StatusChange | Contact] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        at = LONG_AGO + timedelta(days=draw(st.integers(0, 22)), hours=number)
        sources = tuple(
            source(side=side, title=f"Of {side}", recorded_at=at + timedelta(days=draw(st.sampled_from([0, 0, 15]))))
            for side in draw(cited)
        )
        own = {"channel": draw(slugs), "sources": sources, "id": number, "recorded_at": at}
        if draw(st.booleans()):
            expected = draw(st.none() | precise)
            row = change(draw(st.sampled_from(State)), draw(precise).value, expected=expected, **own)
        else:
            place, form = draw(st.sampled_from([(None, "video"), ("Geneva", None), ("Hotel 21", None)]))
            outcome, announced = draw(st.sampled_from(Outcome)), draw(st.none() | days)
            undated = outcome is Outcome.ANNOUNCED and announced and draw(st.booleans())
            when = None if undated else draw(precise).value
            row = contact(outcome, when, announced=announced, place=place, form=form, **own)
        older = [one for one in rows if type(one) is type(row) and one.channel == row.channel and one.recorded_at < at]
        if older and draw(st.booleans()):
            row = replace(row, replaces=draw(st.sampled_from(older)).id)
        if draw(st.integers(0, 3)) == 0:
            row = replace(row, withdrawn_at=at + timedelta(days=draw(st.integers(1, 9))), withdrawn_reason="Undone.")
        rows.append(row)
    return rows


marks = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
    lambda told: [LONG_AGO + timedelta(days=day, hours=5) for day in sorted(told)]
)
looks = st.sampled_from([whole, with_gap, with_gaps, unread, no_feed])


@given(records(), marks, looks)
def test_no_number_and_no_name_stands_in_a_sentence_that_is_not_of_its_claims(rows, span, read):
    after, until = span[0], max(span[1], span[0] + timedelta(hours=3))
    situation = Situation(rows, read=read, after=after, until=until)
    by_name = {entry_key(row): row for row in rows}
    assert len(by_name) == len(rows)
    for lang in LANGUAGES:
        brief, book = situation.brief(lang), BOOKS[lang]
        assert book.size(brief.text) <= book.most
        for sentence in brief.sentences:
            told = [by_name[claim] for claim in sentence.claims]
            if told:
                assert {*DIGITS.findall(sentence.words)} <= numbers_of(told, lang), sentence
                assert names_in(sentence.words, lang) <= names_of(told, lang), sentence
        count = len(brief.news)
        assert f"{count}" in brief.sentences[0].words or count == 0
        assert sum(sentence.news for sentence in brief.sentences) + brief.left_out == count
        shuffled = replace(situation, rows=random.sample(rows, len(rows)))
        assert shuffled.brief(lang).text == brief.text, "the same marks give the same text"


def numbers_of(rows: list[StatusChange | Contact], lang: str) -> set[str]:
    with speaking(lang):
        told = [place for row in rows if (place := getattr(row, "place", None))]
        told += [date_words(when) for row in rows for when in dates_of(row)]
        told += [span_words(row.date, row.end) for row in rows if isinstance(row, Contact) and row.date]
    return {number for words in told for number in DIGITS.findall(words)}


def dates_of(row: StatusChange | Contact) -> list[PartialDate | date]:
    if isinstance(row, StatusChange):
        return [when for when in (row.effective, row.expected) if when]
    return [when for when in (row.date, row.announced) if when]


def names_of(rows: list[StatusChange | Contact], lang: str) -> set[str]:
    """The channels of some rows, and the parties that their sources speak for."""
    sides = {cited.side for row in rows for cited in row.sources}
    parties = {party.names[lang] for party in US_CHINA.parties if party.code in sides}
    return {CHANNELS[row.channel].names[lang] for row in rows} | parties


def names_in(words: str, lang: str) -> set[str]:
    """The names of all that there are that stand in a sentence; those of parties apart from those of channels."""
    lines = {line.names[lang] for line in CHANNELS.values() if line.names[lang] in words}
    for name in lines:
        words = words.replace(name, "")
    return lines | {party.names[lang] for party in US_CHINA.parties if party.names[lang] in words}


@settings(max_examples=30)
@given(st.integers(1, 80), st.integers(0, 40))
def test_what_does_not_fit_is_said_by_its_number(contacts: int, cuts: int):
    rows = [new(replace(KEPT_PROMISE, place=f"Room {number}"), number) for number in range(1, contacts + 1)]
    rows += [new(replace(CUT, channel="mmca"), number) for number in range(1, cuts + 1)]
    for lang in LANGUAGES:
        brief = Situation(rows).brief(lang)
        assert BOOKS[lang].size(brief.text) <= BOOKS[lang].most
        more = [sentence.words for sentence in brief.sentences if sentence.kind == "more"]
        assert [DIGITS.findall(words) for words in more] == ([[str(brief.left_out)]] if brief.left_out else [])


def test_coverage_of_very_many_relationships_is_told_in_short():
    situation = Situation(read=with_gaps)
    for lang in LANGUAGES:
        brief = brief_of([], situation.sides_read * 12, situation.after, lang)
        assert BOOKS[lang].size(brief.text) <= BOOKS[lang].most
        assert brief.sentences[-1].words == BOOKS[lang].coverage_in_short(whole=False)
