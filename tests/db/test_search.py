"""The index: what is found in it, and that it holds at every moment what the database holds."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.record import Origin
from db.search import Narrowed
from db.sqlite.migrations import migrations
from db.store import open_store
from tests.make import CHANNEL, US_CHINA, change, contact, release, source
from tracker.model import Contact, Outcome, State, StatusChange
from tracker.search import Kind, read_query

AT = datetime(2024, 2, 1, tzinfo=UTC)
ENGLISH = release(
    title="Readout of the U.S.-PRC Defense Policy Coordination Talks", summary="They met at the Pentagon."
)
CHINESE = release(title="中美两军举行第十七次国防部工作会晤", summary="双方在华盛顿DPCT会谈。", side="cn", lang="zh")
WORDS = ("coordinations", "negotiating", "consultations", "meetings", "agreement", "conference", "security")
TRADITIONAL = release(title="國防部發言人答記者問", summary="雙方就兩軍關係交換意見。", side="cn", lang="zh")


pytestmark = pytest.mark.both_engines


@pytest.fixture
def store(new_record):
    opened = open_store(new_record())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def told(new_record):
    """A store of three releases that tests only ask."""
    opened = open_store(new_record())
    for one in (ENGLISH, CHINESE, TRADITIONAL):
        keep(opened, one)
    yield opened
    opened.close()


def keep(store, told, *, guid=None, at=AT):
    with store.writing() as db:
        return db.releases.keep(told, guid=guid or told.title, canonical_url=None, now=at)


def titles(store, typed, **narrowed):
    with store.reading() as db:
        query, by = read_query(typed), Narrowed(**narrowed)
        found = db.search.releases(query, by, most=50)
        assert db.search.count_releases(query, by) == len(found)
    return [one.release.title for one in found]


def rows(store, typed, **at):
    with store.reading() as db:
        return [(one.kind, one.entry) for one in db.search.in_record(read_query(typed), **at)]


@pytest.mark.parametrize(
    "typed", ["会晤", "會晤", "国防部", "國防部工作會晤", "两军 会谈", "dpct", "DPCT会谈", "工作会", "晤"]
)
def test_a_chinese_word_finds_its_release_in_either_script(told, typed):
    assert CHINESE.title in titles(told, typed)


@pytest.mark.parametrize("typed", ["发言人", "發言人", "两军关系", "記者"])
def test_a_release_in_traditional_characters_is_found_by_simplified_ones_too(told, typed):
    assert titles(told, typed) == [TRADITIONAL.title]


@pytest.mark.parametrize(
    "typed", ["defense talk", "US-PRC", '"policy coordination"', "met pentag", "PENTAGON -会晤", "readouts"]
)
def test_english_is_found_in_any_form_of_its_words(told, typed):
    assert titles(told, typed) == [ENGLISH.title]


@pytest.mark.parametrize(
    "typed", ["工晤", "会国", '"coordination policy"', "defense -talks", "talks 会晤", "tal -x -readout"]
)
def test_what_does_not_stand_there_is_not_found(told, typed):
    assert titles(told, typed) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(typed=st.one_of(st.text(max_size=200), st.text(alphabet="\"*()-:^+ ANDORNEAR会晤x{}\\'\0", max_size=200)))
def test_nothing_that_can_be_typed_is_an_error(told, typed):
    with told.reading() as db:
        query = read_query(typed)
        assert len(db.search.releases(query, Narrowed(), most=5)) == db.search.count_releases(query, Narrowed())
        assert db.search.in_record(query) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 16), length=st.integers(1, 17))
def test_every_part_of_a_run_of_chinese_finds_it(told, start, length):
    part = CHINESE.title[start : start + length]
    assert CHINESE.title in titles(told, part)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(WORDS), st.data())
def test_a_word_is_found_by_any_beginning_of_three_letters_or_more(words, word, data):
    assert word in titles(words, word[: data.draw(st.integers(3, len(word)))])


@pytest.fixture(scope="module")
def words(new_record):
    opened = open_store(new_record())
    for word in WORDS:
        keep(opened, release(title=word, summary=""))
    yield opened
    opened.close()


def test_a_title_tells_more_than_a_body(store):
    keep(store, release(title="Other news", summary="The talks were long."))
    keep(store, release(title="The talks", summary="They were long, and other news."))
    assert titles(store, "talks") == ["The talks", "Other news"]


def test_releases_are_narrowed_by_side_language_and_day(told):
    assert titles(told, "国防部", side="us") == []
    assert len(titles(told, "国防部", lang="zh", first=date(2024, 1, 9), last=date(2024, 1, 9))) == 2
    assert titles(told, "国防部", first=date(2024, 1, 10)) == []


def test_pages_of_releases_neither_repeat_nor_leave_out(store):
    for number in range(7):
        keep(store, release(title=f"Talks {number}", summary="The same."))
    with store.reading() as db:
        found, after = [], None
        while page := db.search.releases(read_query("talks"), Narrowed(), most=3, after=after):
            found += [one.release.title for one in page]
            after = page[-1].place
    assert found == [f"Talks {number}" for number in reversed(range(7))]


def test_an_edited_release_is_found_by_its_newest_words_and_in_the_past_by_those_of_then(store):
    later = AT + timedelta(days=1)
    keep(store, release(title="Talks in Qingdao"), guid="1")
    assert keep(store, release(title="Talks in Honolulu"), guid="1", at=later).revised
    assert (titles(store, "qingdao"), titles(store, "honolulu")) == ([], ["Talks in Honolulu"])
    assert titles(store, "qingdao", known_at=AT) == ["Talks in Qingdao"]
    assert titles(store, "honolulu", known_at=AT) == []
    assert titles(store, "talks", known_at=AT - timedelta(days=1)) == []


def test_what_a_transaction_that_failed_had_brought_is_not_found(store):
    with pytest.raises(RuntimeError), store.writing() as db:  # noqa: PT012 (all of it must be undone)
        db.releases.keep(ENGLISH, guid="1", canonical_url=None, now=AT)
        raise RuntimeError("a crash in the middle")
    assert titles(store, "pentagon") == []


@pytest.fixture
def defined(store):
    with store.writing() as db:
        db.record.define([US_CHINA], [CHANNEL], at=AT)
    return store


def test_a_row_is_found_by_its_own_words_and_those_of_its_sources(defined):
    with defined.writing() as db:
        told = contact(
            Outcome.HELD, "2024-01-08", summary="A round in Qingdao.", sources=(source(title="工作会晤举行"),)
        )
        db.record.add(told, Origin(AT, "ana"))
    assert rows(defined, "qingdao rounds held") == rows(defined, "会晤 2024-01-08") == [(Kind.CONTACT, 1)]


def test_a_source_that_is_cited_later_is_searched_from_then_on_and_one_withdrawn_no_more(defined):
    at, later = AT + timedelta(days=1), AT + timedelta(days=2)
    with defined.writing() as db:
        entry = db.record.add(change(State.ACTIVE, "2024-01-08"), Origin(AT, "ana"))
        decision = _decision(db)
        db.record.cite(type(change(State.ACTIVE, "2024")), entry, source(title="Readout"), Origin(at, "ana", decision))
    assert rows(defined, "readout") == [(Kind.CHANGE, entry)]
    assert rows(defined, "readout", known_at=AT) == []
    with defined.writing() as db:
        db.record.withdraw_decision(decision, at=later, by="ana", reason="Undone.")
    assert rows(defined, "readout") == []
    assert rows(defined, "readout", known_at=at) == [(Kind.CHANGE, entry)]


def test_what_is_carried_over_to_a_corrected_row_is_searched_with_it(defined):
    first = change(State.ACTIVE, "2024-01-08", sources=())
    with defined.writing() as db:
        row = db.record.add(first, Origin(AT, "seed"))
        db.record.cite(type(first), row, source(title="Readout"), Origin(AT, "ana", _decision(db)))
    later = AT + timedelta(days=1)
    with defined.writing() as db:
        corrected = db.record.add(replace(first, cause="Corrected.", replaces=row), Origin(later, "seed"))
        db.record.carry_citations(type(first), row, corrected, at=later)
    assert rows(defined, "readout corrected") == [(Kind.CHANGE, corrected)]


def _decision(db):
    """A decision that the citation can refer to."""
    db.record._db.execute(
        "INSERT INTO candidate (id, channel, signal, status, opened_at, evidence_at, published) "
        "VALUES (1, 'dpct', 'held', 'accepted', '', '', '')"
    )
    db.record._db.execute(
        "INSERT INTO decision (id, candidate, verdict, decided_by, decided_at) VALUES (1, 1, 'accept', 'a', '')"
    )
    return 1


def test_the_words_of_a_definition_that_was_replaced_lead_to_nothing(defined):
    with defined.writing() as db:
        db.record.define([US_CHINA], [replace(CHANNEL, names={"en": "Working Meeting"})], at=AT)
    assert rows(defined, "coordination") == []


def test_a_channel_that_is_defined_anew_is_found_by_its_new_names_and_so_are_its_rows(defined):
    with defined.writing() as db:
        db.record.add(change(State.ACTIVE, "2024-01-08"), Origin(AT, "ana"))
        before = db.record._db.execute("SELECT COUNT(*) FROM record_document").fetchone()[0]
        db.record.define([US_CHINA], [CHANNEL], at=AT)
        assert db.record._db.execute("SELECT COUNT(*) FROM record_document").fetchone()[0] == before
        names = {"en": "Ministry Working Meeting", "zh": "部际磋商"}
        db.record.define([US_CHINA], [replace(CHANNEL, names=names, aliases=("MWM",))], at=AT)
    assert {kind for kind, _ in rows(defined, "部际磋商")} == {Kind.CHANNEL, Kind.CHANGE}
    assert rows(defined, "mwm") == [(Kind.CHANNEL, 0)]
    assert rows(defined, '"coordination talks"') == []


def test_a_channel_that_is_named_anew_is_found_in_the_past_by_its_former_names_as_in_a_copy(defined):
    """A copy has its index made anew."""
    later = AT + timedelta(days=1)
    with defined.writing() as db:
        entry = db.record.add(change(State.ACTIVE, "2024-01-08"), Origin(AT, "ana"))
        db.record.cite(StatusChange, entry, source(title="Readout"), Origin(later, "ana", _decision(db)))
        gone = db.record.add(contact(Outcome.HELD, "2024-01-09"), Origin(AT, "ana"))
        db.record.withdraw(Contact, gone, at=later, by="ana", reason="Never took place.")
        db.record.define([US_CHINA], [replace(CHANNEL, names={"en": "Ministry Working Meeting"})], at=later)

    def asked():
        asked_for = product(("ministry", "coordination", "readout"), (AT, later, None))
        return [sorted(rows(defined, typed, known_at=at)) for typed, at in asked_for]

    told = asked()
    all_of_it = [(Kind.CHANGE, entry), (Kind.CHANNEL, 0), (Kind.CONTACT, gone)]
    assert told[:6] == [[], all_of_it, all_of_it, all_of_it, [], []]
    with defined.writing() as db:
        db.record._db.execute("DELETE FROM record_document")
        db.record.index_anew()
    assert asked() == told


def test_rows_are_found_by_their_sources_also_where_an_older_version_indexed_the_channel_otherwise(defined):
    cited = (source(title="Communiqué"),)
    with defined.writing() as db:
        entry = db.record.add(change(State.ACTIVE, "2024-01-08", sources=cited), Origin(AT + timedelta(days=1), "ana"))
        db.record._db.execute("UPDATE record_document SET digest = 'older'")
        db.record.define([US_CHINA], [CHANNEL], at=AT + timedelta(days=2))
    for known_at in (None, AT + timedelta(days=1)):
        assert rows(defined, "communiqué", known_at=known_at) == [(Kind.CHANGE, entry)]


OLD = """
INSERT INTO relationship VALUES ('us-china', 0, '{"en": "x"}',
    '[{"code": "us", "names": {}, "timezone": "UTC"}, {"code": "cn", "names": {}, "timezone": "UTC"}]', '[]');
INSERT INTO channel (slug, relationship, position, category, names, counterparts, description)
VALUES ('dpct', 'us-china', 0, 'military', '{"en": "Talks"}', '{}', 'x');
INSERT INTO contact (channel, outcome, date, summary, recorded_at, recorded_by)
VALUES ('dpct', 'held', '2024-01-08', 'A round in Qingdao.', '2024-01-09T00:00:00.000000Z', 'seed');
INSERT INTO release (id, guid, side, publisher, lang, published, first_seen, revision)
VALUES (1, 'g', 'cn', 'P', 'zh', '2024-01-09', '2024-01-09T00:00:00.000000Z', 2);
INSERT INTO release_revision (release, number, title, summary, hash, seen_at) VALUES
    (1, 1, '兩軍通話', 'x', 'a', '2024-01-09T00:00:00.000000Z'),
    (1, 2, '两军会晤', 'x', 'b', '2024-01-11T00:00:00.000000Z');
"""


def test_what_an_older_database_holds_is_searchable_after_migrating_and_taking_the_definitions_over(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/old.db", create=True)
    migrations.apply(store._connections.database(), stop_before="m0012_search")
    connection = sqlite3.connect(store.path)
    connection.executescript(OLD)
    connection.close()
    store.migrate()
    assert titles(store, "会晤") == ["两军会晤"]
    assert titles(store, "通话") == []
    assert titles(store, "通话", known_at=datetime(2024, 1, 10, tzinfo=UTC)) == ["兩軍通話"]
    with store.writing() as db:
        db.record.define([US_CHINA], [CHANNEL], at=AT)
    assert rows(store, "qingdao 国防部") == [(Kind.CONTACT, 1)]
    store.close()
